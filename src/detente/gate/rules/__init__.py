"""The rules, each a function that looks at a case and speaks; `gate.decide` asks them in order."""
