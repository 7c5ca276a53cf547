"""Cohorts: cases by the million, on one machine or a cluster (extra ``cohort``).

>>> import pyarrow as pa
>>> from bayesdx import load
>>> from bayesdx.batch import Spec, score
>>> cases = pa.record_batch({"level": ["lumbar", "lumber"], "age": [68, 71]})
>>> (answers,) = score([cases], Spec(load("spine"), top=1))
>>> answers.column("error").to_pylist()
[None, "'lumber' is not a state of 'level'; did you mean 'lumbar'?"]
"""

from bayesdx.batch.clusters import on_cluster
from bayesdx.batch.evaluating import evaluate_cohort
from bayesdx.batch.local import processes
from bayesdx.batch.profiling import profile_cohort
from bayesdx.batch.running import score_cohort
from bayesdx.batch.scoring import Spec, score

__all__ = ["Spec", "evaluate_cohort", "on_cluster", "processes", "profile_cohort", "score", "score_cohort"]
