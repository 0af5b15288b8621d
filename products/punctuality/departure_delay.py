"""Will a flight leave late? A model of what is known two hours before, from the features of this domain.

    weft up                                           # in another window, from the repository's root
    export WEFT_TOKEN=$(weft token dana)
    python products/punctuality/departure_delay.py    # or cell by cell

It wants the packages `weft-client` (platform/clients/python), `pandas` and `scikit-learn`.
"""

# %% The question: which flights of the last four months of 2013 leave fifteen minutes late or more?
import sys

import weft
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import brier_score_loss, roc_auc_score

SERVER = sys.argv[1] if len(sys.argv) > 1 else "grpc://127.0.0.1:8815"
SERVICE = "punctuality.delays.departure_delay"
# Two hours before the scheduled hour of departure. Nothing that becomes known later is in the features of a flight.
FLIGHTS = """
    SELECT carrier, origin, dest, tailnum, flight, month, hour, distance, time_hour,
           time_hour - INTERVAL '2 hours' AS asked_at, dep_delay >= 15 AS late
    FROM aviation.flights.departures
    WHERE dep_delay IS NOT NULL
"""
# Learned from January to August, and asked about the months after.
LAST_LEARNED = 8

# %% The training set: features of each flight as they were known when it is asked about, on the caller's rights.
mesh = weft.connect(SERVER, purpose="modelling")
training_set = mesh.features(entities=FLIGHTS, features=[SERVICE], event_time="asked_at", endpoints=2)
table = training_set.to_arrow()
manifest = training_set.manifest()
print(f"{manifest['rows']} flights as of {manifest['pinned']['asOf']}, content {manifest['contentHash']}")
for read in manifest["pinned"]["tables"]:
    print(f"  {read['port']} release {read['release']}, version {read.get('tableVersion')}")

# %% The model. Names are categories, all else is numbers; what was not known is left out as it is.
flights = table.to_pandas()
features = [name for name in flights if "__" in name] + ["carrier", "origin", "dest", "hour", "distance"]
inputs = flights[features].assign(**{name: flights[name].astype("category").cat.codes for name in ("carrier", "origin", "dest")})
learned = flights["month"] <= LAST_LEARNED
model = HistGradientBoostingClassifier(max_iter=200, learning_rate=0.05, random_state=7)
model.fit(inputs[learned], flights["late"][learned])

# %% How good it is, on months that it has not seen, beside saying for each carrier what was usual until then.
asked = ~learned
usual = flights[learned].groupby("carrier")["late"].mean()
guesses = {
    "as usual for the carrier": flights["carrier"][asked].map(usual).fillna(flights["late"][learned].mean()),
    "the model": model.predict_proba(inputs[asked])[:, 1],
}
truth = flights["late"][asked]
print(f"learned from {learned.sum()} flights, asked about {asked.sum()}, of which {truth.mean():.1%} left late")
for name, guess in guesses.items():
    print(f"  {name}: area under the curve {roc_auc_score(truth, guess):.3f}, Brier score {brier_score_loss(truth, guess):.4f}")

# %% The same set again: as of the same instant, the same rows come, whatever was published meanwhile.
with weft.connect(SERVER, purpose="modelling", as_of=manifest["pinned"]["asOf"]) as then:
    again = then.features(entities=FLIGHTS, features=[SERVICE], event_time="asked_at").manifest()
assert again["contentHash"] == manifest["contentHash"] and again["pinned"]["tables"] == manifest["pinned"]["tables"]
print("the same set came again")
mesh.close()
