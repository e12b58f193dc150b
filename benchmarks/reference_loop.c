/* The event loop of detente, by hand in C: the yardstick for the compiled kernel.
 *
 * Same tables, same draws, same order of events, so the same outcomes to the last bit; only the trace
 * is left out. The structs mirror the record types of detente/engine/tables.py field for field.
 * Compile without contraction of a*b+c (-ffp-contract=off): it rounds differently.
 */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

enum { NOBODY = -1, UNASKED = -2 };
enum { SHOCK, PHANTOM, OUTAGE, WORM, ACTION };            /* what an incident is */
enum { AT_LIST, AT_BLAMED };                              /* how a rule picks its target */
enum { FIXED, EXPONENTIAL, LOGNORMAL };                   /* delay laws */
enum { DIED_OUT, CATASTROPHE, HORIZON, CAPPED };          /* how a crisis ends */

/* --- tables ------------------------------------------------------------------------------------ */

typedef struct {
    int32_t law;
    double scale, spread; /* seconds; 1 */
} Delay;

typedef struct {
    uint64_t id;
    int32_t owner, domain, compartment, certified, threshold;
    int32_t watches_first, watches_last, rules_first, rules_last;
    int32_t outages_first, outages_last, infections_first, infections_last;
    int32_t suspects_first, suspects_last;
    int32_t down_from;
    double down_lasts;
    double attribution, assurance, overconfidence, inflates, deflates;
    double recognises_accidents, sees_through_spoofs;
} System;

typedef struct {
    int32_t watcher;
    double chance;
} Watch;

typedef struct {
    uint64_t id;
    int32_t system, from_rung, at, domain, targets_first, targets_last, skip, law, law_alert, poses_as;
    double step_down, step_up, autonomy, autonomy_alert, keeps;
    int32_t reversible, delay_law;
    double delay_scale, delay_spread;
} Rule;

typedef struct {
    uint64_t id;
    int32_t target, at_least, drops, members_first, members_last;
    double spreads;
    Delay delay;
} Coupled;

typedef struct {
    uint64_t id;
    int32_t has_command, review_law;
    double review_scale, review_spread, approves_right, approves_wrong;
    int32_t trips_at, ring_first;
    double within, lasts;
} Actor;

typedef struct {
    uint64_t id;
    int32_t kind, system, rung, author, points_to, law;
    double at, share;
    int32_t safeguard, guarded_by;
} Root;

typedef struct {
    int32_t actor;
    double share;
} Suspect;

typedef struct {
    int32_t first, last, kind;
    double mean, dispersion;
} Law;

typedef struct {
    double horizon;
    int32_t critical, catastrophe, domain_count, rung_count;
    int32_t actor_count, system_count, root_count, ring_size, max_pending;
    const Actor *actors;
    const System *systems;
    const double *harm;
    const Watch *watches;
    const Rule *rules;
    const Coupled *outages, *contagion;
    const int32_t *infections, *members;
    const Suspect *suspects;
    const int32_t *targets, *groups;
    const Law *laws;
    const double *cumulative;
    const Root *roots;
} Tables;

/* What the driver checks against the record types, in this order. */
const int32_t struct_sizes[] = {sizeof(Actor), sizeof(System), sizeof(Watch), sizeof(Rule),   sizeof(Coupled),
                                sizeof(Root),  sizeof(Suspect), sizeof(Law),  sizeof(Tables)};

typedef struct {
    int8_t *ended;
    double *duration_s;
    int64_t *incidents, *actions;
    int8_t *peak_rung;
    double *first_critical_s, *catastrophe_s, *loss_usd;
    int32_t *actors_reached, *domains_reached;
    int64_t *wrongful_actions;
    int32_t *depth;
} Outcomes;

/* --- scratch memory ---------------------------------------------------------------------------- */

typedef struct {
    int32_t system, rung, author, points_to, root, depth, kind, coupling, parent, right, ordinal, reviewed;
} Incident;

typedef struct {
    double time;
    uint64_t key;
    int32_t slot;
} Node;

typedef struct {
    double until;
    int64_t stamp;
} Down;

typedef struct {
    int64_t alert_stamp, reached_stamp, sensed, noted;
    double alert_until;
} Memory;

typedef struct {
    int64_t stamp, serial;
    int32_t pending, capacity;
    bool cut, full, out_of_memory;
    Node *heap;         /* the first `pending` are the heap; the slots of all are a permutation */
    Incident *incidents;
    Down *down;         /* per system */
    Memory *memory;     /* per actor */
    double *ring;
    int64_t *domain_stamp;
} Work;

/* --- chance ------------------------------------------------------------------------------------ */

#define GAMMA UINT64_C(0x9E3779B97F4A7C15)
#define SEED UINT64_C(0xD37E27E5EED)
#define ITSELF UINT64_C(0)
#define TO_UNIT 0x1p-53

enum {
    SENSE = 1, PERCEIVE, RECOGNISE, SEE_THROUGH, ATTRIBUTE, SUSPECT, CONFIDENCE, COUNT, STEP, TARGET, DELAY,
    AUTOMATED, REVIEW, APPROVE, SPREAD, ARRIVAL
};

static inline uint64_t mix(uint64_t x) {
    x = (x ^ (x >> 27)) * UINT64_C(0x3C79AC492BA7B653);
    x = (x ^ (x >> 33)) * UINT64_C(0x1C69B3F74AC4AE35);
    return x ^ (x >> 27);
}

static inline double uniform(uint64_t key, uint64_t coupling, uint64_t purpose) {
    return (double)(mix(key ^ (coupling + purpose * GAMMA)) >> 11) * TO_UNIT;
}

static inline uint64_t child_key(uint64_t key, uint64_t coupling, uint64_t ordinal) {
    return mix(mix(key ^ coupling) + ordinal * GAMMA);
}

static inline int32_t count(double u, const double *cumulative, Law law) {
    if (u < cumulative[law.first]) return 0;
    int32_t low = law.first, high = law.last - 1;
    while (high - low > 1) {
        int32_t middle = (low + high) / 2;
        if (u < cumulative[middle]) high = middle;
        else low = middle;
    }
    return high - law.first;
}

static double polynomial(const double *c, double r) { /* degree 7, highest power first */
    double value = c[0];
    for (int i = 1; i < 8; i++) value = value * r + c[i];
    return value;
}

/* M. J. Wichura, Algorithm AS 241, Applied Statistics 37 (1988), routine PPND16. */
static double normal_quantile(double p) {
    static const double
        top_middle[] = {2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4,
                        4.5921953931549871457e4, 1.3731693765509461125e4, 1.9715909503065514427e3,
                        1.3314166789178437745e2, 3.3871328727963666080e0},
        low_middle[] = {5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4,
                        2.1213794301586595867e4, 5.3941960214247511077e3, 6.8718700749205790830e2,
                        4.2313330701600911252e1, 1.0},
        top_near[] = {7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1,
                      1.27045825245236838258e0,  3.64784832476320460504e0,  5.76949722146069140550e0,
                      4.63033784615654529590e0,  1.42343711074968357734e0},
        low_near[] = {1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2,
                      1.48103976427480074590e-1, 6.89767334985100004550e-1, 1.67638483018380384940e0,
                      2.05319162663775882187e0,  1.0},
        top_far[] = {2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3,
                     2.65321895265761230930e-2, 2.96560571828504891230e-1, 1.78482653991729133580e0,
                     5.46378491116411436990e0,  6.65790464350110377720e0},
        low_far[] = {2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5,
                     7.86869131145613259100e-4,  1.48753612908506148525e-2, 1.36929880922735805310e-1,
                     5.99832206555887937690e-1,  1.0};
    double q = p - 0.5;
    if (fabs(q) <= 0.425) {
        double r = 0.180625 - q * q;
        return q * polynomial(top_middle, r) / polynomial(low_middle, r);
    }
    double r = sqrt(-log(q < 0.0 ? p : 1.0 - p));
    double value = r <= 5.0 ? polynomial(top_near, r - 1.6) / polynomial(low_near, r - 1.6)
                            : polynomial(top_far, r - 5.0) / polynomial(low_far, r - 5.0);
    return q < 0.0 ? -value : value;
}

static inline double delay(double u, int32_t law, double scale, double spread) {
    if (law == FIXED) return scale;
    if (law == EXPONENTIAL) return -scale * log1p(-u);
    return scale * exp(spread * normal_quantile(u > 0.5 * TO_UNIT ? u : 0.5 * TO_UNIT));
}

/* --- the queue --------------------------------------------------------------------------------- */

static inline bool before(double time, uint64_t key, const Node *node) {
    return time < node->time || (time == node->time && key < node->key);
}

static bool grow(Work *work) {
    int32_t capacity = work->capacity ? 2 * work->capacity : 256;
    Node *heap = realloc(work->heap, (size_t)capacity * sizeof *heap);
    if (heap) work->heap = heap;
    Incident *incidents = realloc(work->incidents, (size_t)capacity * sizeof *incidents);
    if (incidents) work->incidents = incidents;
    if (!heap || !incidents) return false;
    for (int32_t i = work->capacity; i < capacity; i++) heap[i].slot = i;
    work->capacity = capacity;
    return true;
}

static inline int32_t push(Node *heap, int32_t n, double time, uint64_t key) {
    int32_t slot = heap[n].slot, i = n;
    while (i > 0) {
        int32_t parent = (i - 1) >> 1;
        if (!before(time, key, &heap[parent])) break;
        heap[i] = heap[parent];
        i = parent;
    }
    heap[i] = (Node){time, key, slot};
    return slot;
}

static inline Node pop(Node *heap, int32_t n) {
    Node top = heap[0], moved = heap[n - 1];
    int32_t last = n - 1, i = 0, child = 1;
    while (child < last) {
        if (child + 1 < last && before(heap[child + 1].time, heap[child + 1].key, &heap[child])) child++;
        if (!before(heap[child].time, heap[child].key, &moved)) break;
        heap[i] = heap[child];
        i = child;
        child = 2 * i + 1;
    }
    heap[i] = moved;
    heap[last].slot = top.slot;
    return top;
}

static inline void schedule(const Tables *t, Work *work, double time, uint64_t key, Incident incident) {
    if (time > t->horizon) {
        work->cut = true;
        return;
    }
    if (work->pending == work->capacity) {
        if (work->capacity >= t->max_pending) {
            work->full = true;
            return;
        }
        if (!grow(work)) {
            work->out_of_memory = true;
            return;
        }
    }
    work->incidents[push(work->heap, work->pending++, time, key)] = incident;
}

/* --- what an incident leads to ----------------------------------------------------------------- */

typedef struct { /* the incident being processed */
    double time;
    uint64_t key;
    Incident is;
} Event;

static void plant_roots(const Tables *t, Work *work, uint64_t key) {
    for (int32_t i = 0; i < t->root_count; i++) {
        const Root *root = &t->roots[i];
        bool once = root->law < 0;
        int32_t arrivals = once ? 1 : count(uniform(key, root->id, COUNT), t->cumulative, t->laws[root->law]);
        for (int32_t ordinal = 0; ordinal < arrivals; ordinal++) {
            uint64_t child = child_key(key, root->id, (uint64_t)ordinal);
            double time = once ? root->at : t->horizon * uniform(child, ITSELF, ARRIVAL);
            schedule(t, work, time, child,
                     (Incident){.system = root->system, .rung = root->rung, .author = root->author,
                                .points_to = root->points_to, .root = i, .kind = root->kind, .coupling = i,
                                .parent = -1, .ordinal = ordinal});
        }
    }
}

static inline void spread(const Tables *t, Work *work, const Event *e, const Coupled *link, uint64_t coupling,
                          Incident child) {
    uint64_t key = child_key(e->key, coupling, 0);
    double lag = delay(uniform(key, ITSELF, DELAY), link->delay.law, link->delay.scale, link->delay.spread);
    child.rung = e->is.rung > link->drops ? e->is.rung - link->drops : 0;
    child.root = e->is.root;
    child.depth = e->is.depth + 1;
    schedule(t, work, e->time + lag, key, child);
}

static inline void spread_outages(const Tables *t, Work *work, const Event *e, const System *system) {
    for (int32_t j = system->outages_first; j < system->outages_last; j++) {
        const Coupled *link = &t->outages[j];
        if (e->is.rung >= link->at_least && uniform(e->key, link->id, SPREAD) < link->spreads)
            spread(t, work, e, link, link->id,
                   (Incident){.system = link->target, .author = NOBODY, .points_to = NOBODY, .kind = OUTAGE,
                              .coupling = j});
    }
}

static inline void infect(const Tables *t, Work *work, const Event *e, const System *system) {
    for (int32_t j = system->infections_first; j < system->infections_last; j++) {
        const Coupled *worm = &t->contagion[t->infections[j]];
        if (e->is.rung < worm->at_least) continue;
        for (int32_t m = worm->members_first; m < worm->members_last; m++) {
            int32_t other = t->members[m];
            uint64_t coupling = worm->id ^ t->systems[other].id;
            if (other != e->is.system && uniform(e->key, coupling, SPREAD) < worm->spreads)
                spread(t, work, e, worm, coupling,
                       (Incident){.system = other, .author = e->is.author, .points_to = e->is.points_to,
                                  .kind = WORM, .coupling = t->infections[j]});
        }
    }
}

/* --- what a watcher makes of it ---------------------------------------------------------------- */

static inline int32_t perceive(const System *system, uint64_t key, int32_t rung, int32_t catastrophe) {
    if (system->inflates == 0.0 && system->deflates == 0.0) return rung;
    double u = uniform(key, system->id, PERCEIVE);
    if (u < system->inflates && rung + 1 < catastrophe) return rung + 1;
    if (u >= 1.0 - system->deflates && rung > 0) return rung - 1;
    return rung;
}

static inline int32_t suspect(const Tables *t, const System *system, uint64_t key, int32_t innocent) {
    double left = 0.0;
    for (int32_t i = system->suspects_first; i < system->suspects_last; i++)
        if (t->suspects[i].actor != innocent) left += t->suspects[i].share;
    if (left <= 0.0) return NOBODY;
    double u = uniform(key, system->id, SUSPECT) * left;
    int32_t drawn = NOBODY;
    for (int32_t i = system->suspects_first; i < system->suspects_last; i++) {
        const Suspect *who = &t->suspects[i];
        if (who->actor == innocent || who->share <= 0.0) continue;
        drawn = who->actor;
        u -= who->share;
        if (u < 0.0) break;
    }
    return drawn;
}

static inline int32_t blame(const Tables *t, const System *system, const Event *e) {
    int32_t basis = e->is.author;
    if (e->is.points_to != basis && !(uniform(e->key, system->id, SEE_THROUGH) < system->sees_through_spoofs))
        basis = e->is.points_to;
    if (basis == NOBODY) {
        if (uniform(e->key, system->id, RECOGNISE) < system->recognises_accidents) return NOBODY;
    } else if (uniform(e->key, system->id, ATTRIBUTE) < system->attribution) {
        return basis;
    }
    return suspect(t, system, e->key, basis);
}

/* Counts the incident for the owner of a system that sensed it; whether the owner is on alert now. */
static inline bool note(const Tables *t, Work *work, int32_t owner, double time) {
    const Actor *actor = &t->actors[owner];
    if (actor->trips_at == 0) return false;
    Memory *memory = &work->memory[owner];
    if (memory->alert_stamp != work->stamp) {
        memory->alert_stamp = work->stamp;
        memory->sensed = 0;
        memory->noted = -1;
        memory->alert_until = -1.0;
    }
    if (memory->noted != work->serial) {
        memory->noted = work->serial;
        double *ring = work->ring + actor->ring_first;
        ring[memory->sensed % actor->trips_at] = time;
        memory->sensed++;
        if (memory->sensed >= actor->trips_at && time - ring[memory->sensed % actor->trips_at] <= actor->within)
            memory->alert_until = time + actor->lasts;
    }
    return time < memory->alert_until;
}

/* Seconds until the owner's human command approves; negative when it does not. */
static inline double command_lag(const Actor *actor, uint64_t key, bool right) {
    if (!actor->has_command) return -1.0;
    if (uniform(key, ITSELF, APPROVE) >= (right ? actor->approves_right : actor->approves_wrong)) return -1.0;
    return delay(uniform(key, ITSELF, REVIEW), actor->review_law, actor->review_scale, actor->review_spread);
}

typedef struct {
    int32_t first, last, skip;
} Choice;

static inline void act(const Tables *t, Work *work, const Event *e, int32_t q, int32_t perceived, Choice among,
                       bool alert, bool right, int32_t ordinal) {
    const Rule *rule = &t->rules[q];
    int32_t owner = t->systems[rule->system].owner;
    uint64_t key = child_key(e->key, rule->id, (uint64_t)ordinal);

    int32_t rung = perceived;
    if (rule->step_down > 0.0 || rule->step_up > 0.0) {
        double u = uniform(key, ITSELF, STEP);
        if (u < rule->step_down) rung = rung > 0 ? rung - 1 : 0;
        else if (u >= 1.0 - rule->step_up) rung = rung + 1 < t->catastrophe ? rung + 1 : t->catastrophe;
    }

    int32_t choices = among.last - among.first - (among.skip >= 0), choice = among.first;
    if (choices > 1) choice += (int32_t)(uniform(key, ITSELF, TARGET) * choices);
    if (among.skip >= 0 && choice - among.first >= among.skip) choice++;

    double lag = delay(uniform(key, ITSELF, DELAY), rule->delay_law, rule->delay_scale, rule->delay_spread);
    bool reviewed = false;
    double autonomy = alert ? rule->autonomy_alert : rule->autonomy;
    if (autonomy < 1.0 && uniform(key, ITSELF, AUTOMATED) >= autonomy) {
        double wait = command_lag(&t->actors[owner], key, right);
        if (wait < 0.0) return;
        lag += wait;
        reviewed = true;
    }
    schedule(t, work, e->time + lag, key,
             (Incident){.system = t->targets[choice], .rung = rung, .author = owner,
                        .points_to = rule->poses_as == NOBODY ? owner : rule->poses_as, .root = e->is.root,
                        .depth = e->is.depth + 1, .kind = ACTION, .coupling = q, .right = right,
                        .ordinal = ordinal, .reviewed = reviewed});
}

static inline void respond(const Tables *t, Work *work, const Event *e, const System *system, int32_t perceived,
                           bool alert) {
    int32_t blamed = UNASKED;
    for (int32_t q = system->rules_first; q < system->rules_last; q++) {
        const Rule *rule = &t->rules[q];
        if (perceived < rule->from_rung) continue;
        int32_t actions = count(uniform(e->key, rule->id, COUNT), t->cumulative,
                                t->laws[alert ? rule->law_alert : rule->law]);
        if (actions == 0) continue; /* how many comes before against whom: the latter is then not needed */
        Choice among = {rule->targets_first, rule->targets_last, rule->skip};
        bool right = e->is.author != NOBODY;
        if (rule->at == AT_BLAMED) {
            if (blamed == UNASKED) blamed = blame(t, system, e);
            if (blamed == NOBODY || blamed == system->owner) continue;
            int32_t group = blamed * t->domain_count + rule->domain;
            among = (Choice){t->groups[group], t->groups[group + 1], -1};
            right = blamed == e->is.author;
        }
        if (among.last - among.first <= (among.skip >= 0)) continue;
        for (int32_t ordinal = 0; ordinal < actions; ordinal++)
            act(t, work, e, q, perceived, among, alert, right, ordinal);
    }
}

static inline void attend(const Tables *t, Work *work, const Event *e, int32_t r) {
    const Down *down = &work->down[r];
    if (down->stamp == work->stamp && e->time < down->until) return;
    const System *system = &t->systems[r];
    bool alert = note(t, work, system->owner, e->time);
    int32_t perceived = perceive(system, e->key, e->is.rung, t->catastrophe);
    if (perceived >= system->threshold) respond(t, work, e, system, perceived, alert);
}

static inline void sense(const Tables *t, Work *work, const Event *e, const System *system) {
    if (e->is.kind == PHANTOM) {
        attend(t, work, e, e->is.system);
        return;
    }
    for (int32_t j = system->watches_first; j < system->watches_last; j++) {
        const Watch *watch = &t->watches[j];
        if (watch->chance < 1.0 && uniform(e->key, t->systems[watch->watcher].id, SENSE) >= watch->chance)
            continue;
        attend(t, work, e, watch->watcher);
    }
}

/* --- the loop ---------------------------------------------------------------------------------- */

static bool run_crisis(const Tables *t, Work *work, uint64_t key, int64_t max_incidents, const Outcomes *out,
                       int64_t i) {
    int ended = DIED_OUT, peak = -1;
    int64_t incidents = 0, actions = 0, wrongful = 0;
    int32_t deepest = 0, actors_reached = 0, domains_reached = 0;
    double start = 0.0, end = 0.0, first_critical = NAN;
    double *loss = out->loss_usd + i * t->actor_count;
    for (int32_t actor = 0; actor < t->actor_count; actor++) loss[actor] = 0.0;

    work->pending = 0;
    work->cut = work->full = false;
    work->serial = 0;
    work->stamp++;
    plant_roots(t, work, key);
    while (work->pending > 0) {
        if (incidents == max_incidents) {
            ended = CAPPED;
            break;
        }
        Node next = pop(work->heap, work->pending--);
        Event e = {next.time, next.key, work->incidents[next.slot]};
        const System *system = &t->systems[e.is.system];
        int32_t k = e.is.rung;
        work->serial++;

        if (e.is.kind != PHANTOM) {
            if (incidents++ == 0) start = e.time;
            end = e.time;
            if (k > peak) peak = k;
            if (e.is.depth > deepest) deepest = e.is.depth;
            if (k >= t->critical && isnan(first_critical)) first_critical = e.time - start;
            double harm = t->harm[e.is.system * t->rung_count + k];
            if (e.is.kind == ACTION) {
                actions++;
                wrongful += 1 - e.is.right;
                harm *= t->rules[e.is.coupling].keeps;
            }
            loss[system->owner] += harm;
            if (work->memory[system->owner].reached_stamp != work->stamp) {
                work->memory[system->owner].reached_stamp = work->stamp;
                actors_reached++;
            }
            if (work->domain_stamp[system->domain] != work->stamp) {
                work->domain_stamp[system->domain] = work->stamp;
                domains_reached++;
            }
            if (k >= system->down_from) {
                Down *down = &work->down[e.is.system];
                double until = e.time + system->down_lasts;
                if (!(down->stamp == work->stamp && down->until > until)) down->until = until;
                down->stamp = work->stamp;
            }
            if (k >= t->catastrophe) {
                ended = CATASTROPHE;
                break;
            }
            spread_outages(t, work, &e, system);
            infect(t, work, &e, system);
        }
        sense(t, work, &e, system);
        if (work->out_of_memory) return false;
        if (work->full) {
            ended = CAPPED;
            break;
        }
    }
    if (work->out_of_memory) return false;

    if (ended == DIED_OUT && work->cut) {
        ended = HORIZON;
        end = t->horizon;
    }
    out->ended[i] = (int8_t)ended;
    out->duration_s[i] = incidents > 0 ? end - start : 0.0;
    out->incidents[i] = incidents;
    out->actions[i] = actions;
    out->peak_rung[i] = (int8_t)peak;
    out->first_critical_s[i] = first_critical;
    out->catastrophe_s[i] = ended == CATASTROPHE ? end - start : NAN;
    out->actors_reached[i] = actors_reached;
    out->domains_reached[i] = domains_reached;
    out->wrongful_actions[i] = wrongful;
    out->depth[i] = deepest;
    return true;
}

/* Runs crises `first` to `first + size - 1`; how many were finished before memory ran out. */
int64_t run_block(const Tables *t, uint64_t seed, uint64_t first, int64_t size, int64_t max_incidents,
                  const Outcomes *out) {
    Work work = {
        .down = calloc((size_t)t->system_count, sizeof *work.down),
        .memory = calloc((size_t)t->actor_count, sizeof *work.memory),
        .ring = calloc((size_t)t->ring_size + 1, sizeof *work.ring),
        .domain_stamp = calloc((size_t)t->domain_count, sizeof *work.domain_stamp),
    };
    int64_t i = 0;
    if (work.down && work.memory && work.ring && work.domain_stamp && grow(&work)) {
        uint64_t ensemble = mix(seed);
        while (i < size
               && run_crisis(t, &work, child_key(ensemble, SEED, first + (uint64_t)i), max_incidents, out, i))
            i++;
    }
    free(work.heap);
    free(work.incidents);
    free(work.down);
    free(work.memory);
    free(work.ring);
    free(work.domain_stamp);
    return i;
}
