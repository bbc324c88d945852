"""Exact statistics and batch normalization on Apache Spark, for PySpark: classic and Spark Connect.

Three groups, each a thin layer over the library's jar, which does all the computing:

- ``BatchNorm`` and ``BatchNormModel``, for pipelines of Spark ML;
- the functions of the SQL catalog ``bn`` on columns, such as ``exact_sum``, ``moments_agg`` and ``normalize``;
- the procedures of that catalog: ``fit``, ``stats``, ``normalize_table`` and ``describe``.

>>> import sparkbatchnorm as bn
>>> model = bn.BatchNorm(inputCol="features", outputCol="normalized").fit(data)
>>> model.transform(data).select("normalized")
>>> data.groupBy("day").agg(bn.exact_avg("price"), bn.describe_agg("features"))

Spark needs the jar: ``--packages``, or at the server of Spark Connect.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar, Union

from pyspark import keyword_only
from pyspark.errors import IllegalArgumentException
from pyspark.ml.linalg import DenseVector
from pyspark.ml.param import Param, Params, TypeConverters
from pyspark.ml.util import JavaMLReadable, JavaMLWritable
from pyspark.ml.wrapper import JavaEstimator, JavaModel
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.utils import is_remote

if TYPE_CHECKING:
    from pyspark.sql._typing import ColumnOrName

__all__ = [
    "BatchNorm",
    "BatchNormError",
    "BatchNormModel",
    "apply_state",
    "denormalize",
    "describe",
    "describe_agg",
    "exact_avg",
    "exact_stddev_pop",
    "exact_stddev_samp",
    "exact_sum",
    "exact_var_pop",
    "exact_var_samp",
    "fit",
    "moments_agg",
    "moments_describe",
    "moments_merge",
    "moments_merge_agg",
    "moments_subtract",
    "normalize",
    "normalize_table",
    "stats",
]

__version__ = "0.2.0-SNAPSHOT"

_JAVA_PACKAGE = "io.github.sparkbatchnorm.ml"
_JAVA_ERRORS = ("io.github.sparkbatchnorm.layer.BatchNormException", "java.lang.IllegalStateException")

_P = TypeVar("_P", bound="_BatchNormParams")


class BatchNormError(Exception):
    """Data, a state or a saved model cannot be used. The message says what was found, what was expected and what to do.

    Wrong params are an ``IllegalArgumentException`` of PySpark instead, words and numbers that no param takes at once,
    what does not go together or with the columns in ``fit`` and ``transform``. What is wrong with a row shows only when the
    row is read: in ``fit``, or in the action that reads the output of ``transform``, within Spark's own error there.
    """


@contextmanager
def _errors_in_words(words: Callable[[str], str] = str) -> Iterator[None]:
    """Raises the library's errors without the stack of the JVM; the original is their ``__context__``."""
    try:
        yield
    except Exception as error:
        message = _java_message(error)
        if message is None:
            raise
        raise BatchNormError(words(message)) from None


def _java_message(error: Exception) -> str | None:
    """The message of an error of the library; None for other errors."""
    java_error = getattr(error, "java_exception", None)  # classic: py4j
    if java_error is not None:
        return str(java_error.getMessage()) if java_error.getClass().getName() in _JAVA_ERRORS else None
    kind, _, message = str(error).partition(") ")  # Connect
    return message.split("\n\nJVM stacktrace:")[0] if kind[1:] in _JAVA_ERRORS else None


def _param(name: str, doc: str, converter: Callable[[Any], Any]) -> Param[Any]:
    return Param(Params._dummy(), name, doc, typeConverter=converter)


def _choice(name: str, doc: str, *words: str, after: str = "") -> Param[str]:
    """A param that takes some words, and refuses others at once, as Java's does; ``after`` ends its doc."""

    def word(value: Any) -> str:
        text = TypeConverters.toString(value)
        if text not in words:
            raise IllegalArgumentException(f"{name} is '{text}'; expected one of {', '.join(words)}")
        return text

    return _param(name, f"{doc}: {', '.join(words)}{after}", word)


def _range(name: str, doc: str, largest: float, expected: str) -> Param[float]:
    """A param that takes numbers from 0 to the largest, and refuses others at once, as Java's does."""

    def number(value: Any) -> float:
        given = TypeConverters.toFloat(value)
        if not 0 <= given <= largest:
            raise IllegalArgumentException(f"{name} is {given}; expected {expected}")
        return given

    return _param(name, doc, number)


def _dims(value: Any) -> list[int]:
    """The axes in a list, or in a text as the procedures take it."""
    try:
        return TypeConverters.toListInt([int(dim) for dim in value.split(",")] if isinstance(value, str) else value)
    except (TypeError, ValueError):
        raise TypeError(f"it is {value!r}; expected a list of whole numbers, such as [3, 32, 32]") from None


class _BatchNormParams(Params):
    """The params of BatchNorm and BatchNormModel: which columns are the tensor, and how they are read."""

    inputCol: Param[str] = _param(
        "inputCol",
        "tensor column: arrays, nested arrays, vectors, binary or images; s.x is a field",
        TypeConverters.toString,
    )
    inputCols: Param[list[str]] = _param(
        "inputCols", "numeric columns, each a channel, instead of inputCol", TypeConverters.toListString
    )
    outputCol: Param[str] = _param(
        "outputCol",
        "column to add, of the type of inputCol; of inputCols a vector, or not set: they are replaced",
        TypeConverters.toString,
    )
    shape: Param[list[int]] = _param(
        "shape",
        "shape of a sample, such as [3, 32, 32]; not set: from the data, [C] where it is flat",
        _dims,
    )
    layout: Param[str] = _choice("layout", "place of C in the shape", "channels-first", "channels-last")
    dtype: Param[str] = _choice(
        "dtype", "what a binary column holds, little-endian", "float32", "float64", after="; not set: float32"
    )
    handleInvalid: Param[str] = _choice("handleInvalid", "null samples", "error", "skip", "keep")
    nonFinite: Param[str] = _choice("nonFinite", "NaN and infinite values", "propagate", "skip-batch", "ignore", "fail")

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._setDefault(outputCol=self.uid + "__output", handleInvalid="error", nonFinite="propagate")

    def _resetUid(self: _P, newUid: Any) -> _P:
        super()._resetUid(newUid)
        self._setDefault(outputCol=self.uid + "__output")
        return self

    def setInputCol(self: _P, value: str) -> _P:
        """Sets the tensor column; ``s.x`` is the field x of a struct s."""
        return self._set(inputCol=value)

    def setInputCols(self: _P, value: Sequence[str]) -> _P:
        """Sets the numeric columns that are a channel each."""
        return self._set(inputCols=value)

    def setOutputCol(self: _P, value: str) -> _P:
        """Sets the column to add."""
        return self._set(outputCol=value)

    def setShape(self: _P, value: Sequence[int]) -> _P:
        """Sets the axes of a sample as they are stored, such as [3, 32, 32]."""
        return self._set(shape=value)

    def setLayout(self: _P, value: str) -> _P:
        """Sets the place of C in the shape: channels-first or channels-last."""
        return self._set(layout=value)

    def setDtype(self: _P, value: str) -> _P:
        """Sets what a binary column holds: float32 or float64."""
        return self._set(dtype=value)

    def setHandleInvalid(self: _P, value: str) -> _P:
        """Sets the policy for null samples: error, skip or keep."""
        return self._set(handleInvalid=value)

    def setNonFinite(self: _P, value: str) -> _P:
        """Sets the policy for NaN and infinite values: propagate, fail, skip-batch or ignore."""
        return self._set(nonFinite=value)

    def getInputCol(self) -> str:
        """The tensor column."""
        return self.getOrDefault(self.inputCol)

    def getInputCols(self) -> list[str]:
        """The columns that are a channel each."""
        return self.getOrDefault(self.inputCols)

    def getOutputCol(self) -> str:
        """The column to add."""
        return self.getOrDefault(self.outputCol)

    def getShape(self) -> list[int]:
        """The shape of a sample."""
        return self.getOrDefault(self.shape)

    def getLayout(self) -> str:
        """The place of C in the shape."""
        return self.getOrDefault(self.layout)

    def getDtype(self) -> str:
        """What a binary column holds."""
        return self.getOrDefault(self.dtype)

    def getHandleInvalid(self) -> str:
        """The policy for null samples."""
        return self.getOrDefault(self.handleInvalid)

    def getNonFinite(self) -> str:
        """The policy for NaN and infinite values."""
        return self.getOrDefault(self.nonFinite)


class BatchNorm(JavaEstimator["BatchNormModel"], _BatchNormParams, JavaMLReadable["BatchNorm"], JavaMLWritable):
    """Fits batch normalization to a column: the exact statistics of all rows, in one pass.

    They are the same for every order of the rows and every number of partitions. With ``preset`` standard-scaler or
    sklearn the model does what those scalers do. With ``momentum`` the running statistics move as PyTorch moves them,
    batch after batch of ``batchCol``; not set, they are the plain average.

    >>> model = BatchNorm(inputCol="features", outputCol="normalized").fit(data)
    >>> model.transform(data)

    Wrong params are an ``IllegalArgumentException``, and data that cannot be used a ``BatchNormError``.
    """

    eps: Param[float] = _range(
        "eps", "added to the variance, 0 or more", sys.float_info.max, "a number that is 0 or more"
    )
    momentum: Param[float] = _range(
        "momentum",
        "weight of a new batch in the running statistics, from 0 to 1; not set: their plain average",
        1,
        "a number from 0 to 1",
    )
    affine: Param[bool] = _param("affine", "whether there are weight and bias", TypeConverters.toBoolean)
    batchCol: Param[str] = _param(
        "batchCol", "rows with the same value in it are one global batch", TypeConverters.toString
    )
    preset: Param[str] = _choice(
        "preset", "what the model does as that scaler does", "batch-norm", "standard-scaler", "sklearn"
    )
    withMean: Param[bool] = _param(
        "withMean", "with a preset: whether the mean is taken away", TypeConverters.toBoolean
    )
    withStd: Param[bool] = _param(
        "withStd", "with a preset: whether values are divided by the deviation", TypeConverters.toBoolean
    )
    where: Param[str] = _param("where", "condition in SQL on the rows that statistics are of", TypeConverters.toString)
    initialState: Param[str] = _param("initialState", "JSON of the state to go on from", TypeConverters.toString)

    _input_kwargs: dict[str, Any]
    _java_obj: Any = None  # PySpark's __del__ asks for it, where __init__ refused its arguments, too

    @keyword_only
    def __init__(
        self,
        *,
        inputCol: str | None = None,
        inputCols: Sequence[str] | None = None,
        outputCol: str | None = None,
        shape: Sequence[int] | None = None,
        layout: str | None = None,
        dtype: str | None = None,
        handleInvalid: str = "error",
        nonFinite: str = "propagate",
        eps: float = 1e-5,
        momentum: float | None = None,
        affine: bool = True,
        batchCol: str | None = None,
        preset: str = "batch-norm",
        withMean: bool | None = None,
        withStd: bool | None = None,
        where: str | None = None,
        initialState: str | None = None,
    ) -> None:
        """Makes an estimator. An argument that is None is a param that is not set."""
        super().__init__()
        self._java_obj = self._new_java_obj(_JAVA_PACKAGE + ".BatchNorm", self.uid)
        self._setDefault(eps=1e-5, affine=True, preset="batch-norm")
        self.setParams(**self._input_kwargs)

    @keyword_only
    def setParams(
        self,
        *,
        inputCol: str | None = None,
        inputCols: Sequence[str] | None = None,
        outputCol: str | None = None,
        shape: Sequence[int] | None = None,
        layout: str | None = None,
        dtype: str | None = None,
        handleInvalid: str = "error",
        nonFinite: str = "propagate",
        eps: float = 1e-5,
        momentum: float | None = None,
        affine: bool = True,
        batchCol: str | None = None,
        preset: str = "batch-norm",
        withMean: bool | None = None,
        withStd: bool | None = None,
        where: str | None = None,
        initialState: str | None = None,
    ) -> BatchNorm:
        """Sets the params that are given, and are not None."""
        return self._set(**{name: value for name, value in self._input_kwargs.items() if value is not None})

    def setEps(self, value: float) -> BatchNorm:
        """Sets what is added to the variance, 0 or more."""
        return self._set(eps=value)

    def setMomentum(self, value: float) -> BatchNorm:
        """Sets the weight of a new batch in the running statistics, from 0 to 1."""
        return self._set(momentum=value)

    def setAffine(self, value: bool) -> BatchNorm:
        """Sets whether the state has weight and bias."""
        return self._set(affine=value)

    def setBatchCol(self, value: str) -> BatchNorm:
        """Sets the column that tells global batches apart: integers, strings, dates or timestamps."""
        return self._set(batchCol=value)

    def setPreset(self, value: str) -> BatchNorm:
        """Sets the scaler that the model stands in for: batch-norm, standard-scaler or sklearn."""
        return self._set(preset=value)

    def setWithMean(self, value: bool) -> BatchNorm:
        """Sets whether a preset takes the mean away."""
        return self._set(withMean=value)

    def setWithStd(self, value: bool) -> BatchNorm:
        """Sets whether a preset divides by the deviation."""
        return self._set(withStd=value)

    def setWhere(self, value: str) -> BatchNorm:
        """Sets the condition, in SQL, on the rows that statistics are of."""
        return self._set(where=value)

    def setInitialState(self, value: str) -> BatchNorm:
        """Sets the JSON of the state to go on from, such as ``stateJson()`` of a model."""
        return self._set(initialState=value)

    def getEps(self) -> float:
        """What is added to the variance."""
        return self.getOrDefault(self.eps)

    def getMomentum(self) -> float:
        """The weight of a new batch in the running statistics."""
        return self.getOrDefault(self.momentum)

    def getAffine(self) -> bool:
        """Whether the state has weight and bias."""
        return self.getOrDefault(self.affine)

    def getBatchCol(self) -> str:
        """The column that tells global batches apart."""
        return self.getOrDefault(self.batchCol)

    def getPreset(self) -> str:
        """The scaler that the model stands in for."""
        return self.getOrDefault(self.preset)

    def getWithMean(self) -> bool:
        """Whether a preset takes the mean away."""
        return self.getOrDefault(self.withMean)

    def getWithStd(self) -> bool:
        """Whether a preset divides by the deviation."""
        return self.getOrDefault(self.withStd)

    def getWhere(self) -> str:
        """The condition on the rows that statistics are of."""
        return self.getOrDefault(self.where)

    def getInitialState(self) -> str:
        """The JSON of the state to go on from."""
        return self.getOrDefault(self.initialState)

    @classmethod
    def load(cls, path: str) -> BatchNorm:
        """The estimator that was saved in a folder."""
        with _errors_in_words():
            return super().load(path)

    def _fit(self, dataset: DataFrame) -> BatchNormModel:
        with _errors_in_words():
            return super()._fit(dataset)

    def _create_model(self, java_model: Any) -> BatchNormModel:
        return BatchNormModel(java_model)


class BatchNormModel(JavaModel, _BatchNormParams, JavaMLReadable["BatchNormModel"], JavaMLWritable):
    """A state that normalizes columns, as evaluation mode does: what BatchNorm fits, or a state of a file.

    ``transform`` is lazy, and there is nothing to close. All methods work on classic Spark and on Spark Connect, but
    ``fromState``.
    """

    output: Param[str] = _choice(
        "output",
        "what transform gives",
        "normalized",
        "denormalized",
        "statistics",
        "summary",
        "state",
        "state-json",
    )

    def __init__(self, java_model: Any = None) -> None:
        super().__init__(java_model)
        self._setDefault(output="normalized")

    @classmethod
    def fromState(cls, state: str) -> BatchNormModel:
        """A model of a state, given as the JSON of a state file. It has no statistics, which are of data.

        Not on Spark Connect, where a client cannot make a model: load a saved one, or use ``apply_state``.
        """
        if is_remote():
            raise NotImplementedError(
                "fromState works on classic Spark only: a client of Spark Connect cannot make a model."
                " Put the state into the folder that spark.sql.catalog.bn.models names, as NAME.json, and use"
                " apply_state('NAME', column); or save the model with classic Spark, and BatchNormModel.load it here"
            )
        library: Any = getattr(SparkSession.active(), "_jvm").io.github.sparkbatchnorm
        with _errors_in_words():
            model = library.ml.BatchNormModel.of(library.io.StateJson.read(state, "state"))
        made: BatchNormModel = cls._from_java(model)
        return made

    @classmethod
    def load(cls, path: str) -> BatchNormModel:
        """The model that was saved in a folder."""
        with _errors_in_words():
            return super().load(path)

    def _transform(self, dataset: DataFrame) -> DataFrame:
        with _errors_in_words():
            return super()._transform(dataset)

    def setOutput(self, value: str) -> BatchNormModel:
        """Sets what ``transform`` gives.

        normalized or denormalized values; or a table that does not depend on the rows: statistics, a row a channel;
        summary, one row; state, a row a channel; state-json, one row with the text of a state file.
        """
        return self._set(output=value)

    def getOutput(self) -> str:
        """What ``transform`` gives."""
        return self.getOrDefault(self.output)

    def inverse(self) -> BatchNormModel:
        """A model that makes x of y, with the same state.

        Its inputCol is this model's outputCol, and its outputCol that name with ``__inverse`` after it. Columns that
        this model replaces, it replaces back.

        Not on Spark Connect where the model makes a vector of inputCols, since params cannot be cleared there.
        """
        inverse = self.copy({self.output: "normalized" if self.getOutput() == "denormalized" else "denormalized"})
        if self.isSet(self.inputCol) or self.isSet(self.outputCol):
            if self.isSet(self.inputCols):
                if is_remote():
                    raise NotImplementedError(
                        "a model that makes a vector of inputCols has no inverse on Spark Connect, which cannot clear"
                        " params; fit with inputCol, such as a vector by VectorAssembler, or leave outputCol out"
                    )
                inverse.clear(inverse.inputCols)
            inverse._set(inputCol=self.getOutputCol(), outputCol=self.getOutputCol() + "__inverse")
        return inverse

    def statistics(self) -> DataFrame:
        """The exact statistics of the data that the model was fitted to, a row a channel.

        Columns: channel, name, count, mean, variance, sample_variance, min, max, nan, infinite. A model that was made
        of a state has none, which is an error.
        """
        return self._table("statistics")

    def summary(self) -> str:
        """What is remarkable about that data, in words: which channels are constant, and which have NaN or infinities.

        ``statistics().where("variance = 0")`` has the constant ones as rows.
        """
        return str(self._table("summary").collect()[0][0])

    def state(self) -> DataFrame:
        """The state, a row a channel: channel, name, weight, bias, running_mean, running_var."""
        return self._table("state")

    def stateJson(self) -> str:
        """The state as the JSON of a state file."""
        return str(self._table("state-json").collect()[0][0])

    def _table(self, output: str) -> DataFrame:
        table = self.copy({self.output: output}).transform(SparkSession.active().range(0))
        with _errors_in_words():
            table.schema  # Connect tells here, not in transform, of what is wrong
        return table

    @property
    def numFeatures(self) -> int:
        """C, the number of channels."""
        return self.state().count()

    @property
    def runningMean(self) -> DenseVector:
        """The running mean of each channel."""
        return self._vector("running_mean")

    @property
    def runningVar(self) -> DenseVector:
        """The running variance of each channel, without eps."""
        return self._vector("running_var")

    @property
    def weight(self) -> DenseVector:
        """The weight of each channel; 1 where the state is not affine."""
        return self._vector("weight", 1.0)

    @property
    def bias(self) -> DenseVector:
        """The bias of each channel; 0 where the state is not affine."""
        return self._vector("bias", 0.0)

    @property
    def numBatchesTracked(self) -> int:
        """How many batches have moved the running statistics."""
        return int(json.loads(self.stateJson())["num_batches_tracked"])

    def _vector(self, column: str, absent: float = float("nan")) -> DenseVector:
        rows = sorted(self.state().select("channel", column).collect())
        return DenseVector([absent if value is None else value for _, value in rows])


# Pipelines and saved models name the classes of Java; PySpark looks for its own under the same names.
for _class in (BatchNorm, BatchNormModel):
    _class.__module__ = _JAVA_PACKAGE
sys.modules[_JAVA_PACKAGE] = sys.modules[__name__]


# The functions of the catalog bn. A text is the name of a column, as everywhere in PySpark, but in spec.


def _function(name: str, *arguments: ColumnOrName, spec: str | None = None) -> Column:
    specs = [] if spec is None else [F.lit(spec)]
    return F.call_function("bn." + name, *arguments, *specs)


def exact_sum(column: ColumnOrName) -> Column:
    """The exact sum of a column's numbers, rounded once: an aggregate that is the same for every order of the rows."""
    return _function("exact_sum", column)


def exact_avg(column: ColumnOrName) -> Column:
    """The exact mean of a column's numbers, rounded once; an aggregate."""
    return _function("exact_avg", column)


def exact_var_pop(column: ColumnOrName) -> Column:
    """The exact population variance of a column's numbers, rounded once; an aggregate."""
    return _function("exact_var_pop", column)


def exact_var_samp(column: ColumnOrName) -> Column:
    """The exact sample variance of a column's numbers, rounded once; an aggregate."""
    return _function("exact_var_samp", column)


def exact_stddev_pop(column: ColumnOrName) -> Column:
    """The exact population standard deviation of a column's numbers, rounded once; an aggregate."""
    return _function("exact_stddev_pop", column)


def exact_stddev_samp(column: ColumnOrName) -> Column:
    """The exact sample standard deviation of a column's numbers, rounded once; an aggregate."""
    return _function("exact_stddev_samp", column)


def moments_agg(x: ColumnOrName, spec: str | None = None) -> Column:
    """The exact moments of all samples x, as a binary record for the other functions; an aggregate.

    ``spec`` says what the type of x does not, such as ``"3,32,32 channels-last"``: words of float32, float64, a shape,
    channels-last, ignore.
    """
    return _function("moments_agg", x, spec=spec)


def moments_merge_agg(moments: ColumnOrName) -> Column:
    """The moments of the samples of all records; an aggregate."""
    return _function("moments_merge_agg", moments)


def describe_agg(x: ColumnOrName, spec: str | None = None) -> Column:
    """The exact statistics of all samples x, as a struct of an array each: count, mean, variance and so on."""
    return _function("describe_agg", x, spec=spec)


def moments_merge(a: ColumnOrName, b: ColumnOrName) -> Column:
    """The moments of the samples of both records."""
    return _function("moments_merge", a, b)


def moments_subtract(a: ColumnOrName, b: ColumnOrName) -> Column:
    """The moments of the samples of a without those of b."""
    return _function("moments_subtract", a, b)


def moments_describe(moments: ColumnOrName, spec: str | None = None) -> Column:
    """The exact statistics of a record of moments, as a struct of an array each."""
    return _function("moments_describe", moments, spec=spec)


_Numbers = Union["ColumnOrName", Sequence[float]]


def normalize(
    x: ColumnOrName,
    moments: ColumnOrName | None = None,
    spec: str | None = None,
    *,
    eps: float | None = None,
    mean: _Numbers | None = None,
    variance: _Numbers | None = None,
    weight: _Numbers | None = None,
    bias: _Numbers | None = None,
) -> Column:
    """Samples x, normalized: batch norm in training mode. The type and the shape stay.

    With the statistics of ``moments``, a column of ``moments_agg``: ``normalize(x, moments, spec, eps=1e-5)``, where
    spec and eps may be left out. Or with numbers from elsewhere: ``normalize(x, mean=m, variance=v, eps=e)``, with
    weight and bias if there are; each is a column of arrays, or a sequence of C numbers.
    """
    return _normalizing("normalize", x, moments, spec, eps, (mean, variance, weight, bias))


def denormalize(
    x: ColumnOrName,
    moments: ColumnOrName | None = None,
    spec: str | None = None,
    *,
    eps: float | None = None,
    mean: _Numbers | None = None,
    variance: _Numbers | None = None,
    weight: _Numbers | None = None,
    bias: _Numbers | None = None,
) -> Column:
    """Back from normalized samples, with the arguments that ``normalize`` was given."""
    return _normalizing("denormalize", x, moments, spec, eps, (mean, variance, weight, bias))


def _normalizing(
    name: str,
    x: ColumnOrName,
    moments: ColumnOrName | None,
    spec: str | None,
    eps: float | None,
    tensors: Sequence[_Numbers | None],
) -> Column:
    mean, variance, weight, bias = tensors
    if moments is not None and all(tensor is None for tensor in tensors):
        arguments = [moments] + ([] if spec is None else [F.lit(spec)]) + ([] if eps is None else [_number(eps)])
        return _function(name, x, *arguments)
    has_statistics = mean is not None and variance is not None and eps is not None
    if moments is not None or spec is not None or not has_statistics or (weight is None) != (bias is None):
        raise TypeError(
            f"{name} takes moments, with spec and eps if wanted; or mean, variance and eps, with both weight and bias"
            " or neither"
        )
    given = [mean, variance, _number(eps)] + ([] if weight is None else [weight, bias])
    return _function(name, x, *(_array(tensor) for tensor in given))


def _number(value: Any) -> Column:
    return F.lit(float(value))


def _array(tensor: Any) -> ColumnOrName:
    return tensor if isinstance(tensor, (str, Column)) else F.array(*(_number(value) for value in tensor))


def apply_state(name: str, x: ColumnOrName, spec: str | None = None, *, inverse: bool = False) -> Column:
    """Samples x, normalized with the state NAME of the folder ``spark.sql.catalog.bn.models``; or back from these.

    It is ``bn.NAME(x)`` of SQL, and ``bn.NAME_inverse(x)``. Names are case-sensitive.
    """
    function = (name + "_inverse" if inverse else name).replace("`", "``")
    return _function(f"`{function}`", x, spec=spec)


# The procedures of the catalog bn: each runs once, at the call, in the active session.


def fit(
    table: str,
    state: str,
    *,
    column: str | None = None,
    columns: str | Sequence[str] | None = None,
    shape: str | Sequence[int] | None = None,
    layout: str | None = None,
    dtype: str | None = None,
    module: str | None = None,
    non_finite: str | None = None,
    handle_invalid: str | None = None,
    batch_column: str | None = None,
    where: str | None = None,
    preset: str | None = None,
    with_mean: bool | None = None,
    with_std: bool | None = None,
    eps: float | None = None,
    momentum: float | None = None,
    affine: bool | None = None,
    track: bool | None = None,
    state_in: str | None = None,
    overwrite: bool | None = None,
    state_version: str | None = None,
    expect_digest: str | None = None,
) -> DataFrame:
    """Running statistics of a table or view as a state, which becomes a function and a table of the catalog.

    ``state`` is a name in the folder ``spark.sql.catalog.bn.models``, or a path where it has a /. ``columns`` is a
    list, or a text with commas that may have patterns. ``DESCRIBE PROCEDURE bn.system.fit`` tells of all arguments.
    Returns a row: state, path, rows, channels, batches, digest.
    """
    return _procedure("fit", locals())


def stats(
    table: str,
    *,
    column: str | None = None,
    columns: str | Sequence[str] | None = None,
    shape: str | Sequence[int] | None = None,
    layout: str | None = None,
    dtype: str | None = None,
    module: str | None = None,
    non_finite: str | None = None,
    handle_invalid: str | None = None,
    batch_column: str | None = None,
    where: str | None = None,
    expect_digest: str | None = None,
) -> DataFrame:
    """Exact statistics of a table or view, a row for each channel, or for each batch and channel.

    Columns: batch, channel, name, count, mean, variance, sample_variance, min, max, nan, infinite.
    """
    return _procedure("stats", locals())


def normalize_table(
    table: str,
    mode: str,
    *,
    column: str | None = None,
    columns: str | Sequence[str] | None = None,
    output_table: str | None = None,
    output_path: str | None = None,
    output_column: str | None = None,
    output_format: str | None = None,
    shape: str | Sequence[int] | None = None,
    layout: str | None = None,
    dtype: str | None = None,
    module: str | None = None,
    non_finite: str | None = None,
    handle_invalid: str | None = None,
    batch_column: str | None = None,
    where: str | None = None,
    inverse: bool | None = None,
    eps: float | None = None,
    momentum: float | None = None,
    affine: bool | None = None,
    track: bool | None = None,
    state_in: str | None = None,
    state_out: str | None = None,
    overwrite: bool | None = None,
    state_version: str | None = None,
    expect_digest: str | None = None,
    no_guard: bool | None = None,
) -> DataFrame:
    """Writes a table or view with its tensor column normalized, to ``output_table`` or ``output_path``.

    ``mode`` is train, with the statistics of each batch, or eval, with those of ``state_in``. It is the procedure
    normalize of SQL. Returns a row: output, rows, channels, batches, digest, state.
    """
    return _procedure("normalize", locals())


def describe(table: str) -> DataFrame:
    """The columns of a table or view that can be a tensor, without a pass over the data.

    Columns: column, type, kind, dtype, shape, argument.
    """
    columns = _procedure("describe", locals())
    return columns.withColumn("argument", F.regexp_replace("argument", " => ", "="))


def _procedure(name: str, arguments: dict[str, Any]) -> DataFrame:
    """Runs a procedure with the arguments that are given; values are parameters, never part of the statement."""
    table = arguments["table"]
    if not isinstance(table, str):
        raise BatchNormError(
            f"{name}: table is a {type(table).__name__}; expected the name of a table or view:"
            " DataFrame.createOrReplaceTempView('data') makes data one"
        )
    given = {argument: _literal(argument, value) for argument, value in arguments.items() if value is not None}
    call = ", ".join(f"{argument} => :{argument}" for argument in given)
    with _errors_in_words(_in_python):
        return SparkSession.active().sql(f"CALL bn.system.{name}({call})", args=given)


def _in_python(message: str) -> str:
    """A message of a procedure, with arguments as Python writes them."""
    for sql, python in (("true", "True"), ("false", "False")):
        message = re.sub(rf"\b(\w+) => {sql}\b", rf"\1={python}", message)
    return re.sub(r"\b(\w+) => (?=['\d\[])", r"\1=", message)


def _literal(argument: str, value: Any) -> Any:
    if isinstance(value, (str, bool, int, float)):
        return value
    return ",".join(map(str, value)) if argument == "shape" else list(value)
