"""What the rules are called, in decisions and everywhere: those of the portfolio by their names there."""

__all__ = [
    "APPROVAL",
    "CATALOGUE",
    "COMPARTMENTS",
    "CONDITIONS",
    "CONFIDENCE_FLOOR",
    "DE_ESCALATION_MODE",
    "EXPORT_CONTROLS",
    "HUMAN_REVIEW",
    "IDENTITY",
    "PHASE",
    "PHASED_ROLLOUT",
    "RED_LINES",
    "REPEAT",
    "REVERSIBILITY",
    "SHARED_ATTRIBUTION",
    "THROTTLE",
]

IDENTITY = "identity"
CATALOGUE = "catalogue"
EXPORT_CONTROLS = "export-controls"
RED_LINES = "red-lines"
PHASE = "phase"
PHASED_ROLLOUT = "phased-rollout"
COMPARTMENTS = "compartments"
SHARED_ATTRIBUTION = "shared-attribution"
CONFIDENCE_FLOOR = "confidence-floor"
REVERSIBILITY = "reversibility"
DE_ESCALATION_MODE = "de-escalation-mode"
THROTTLE = "throttle"
CONDITIONS = "conditions"
HUMAN_REVIEW = "human-on-the-loop"
APPROVAL = "approval"
REPEAT = "repeat"
