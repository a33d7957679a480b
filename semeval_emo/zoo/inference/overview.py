"""The list of recipes, with their parameter counts and our scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from semeval_emo.errors import EmoError, UsageError
from semeval_emo.leaderboard.board import Leaderboard
from semeval_emo.leaderboard.model import ScoreRow
from semeval_emo.leaderboard.origin import ScoreOrigin
from semeval_emo.leaderboard.submitted import SubmittedSystem, origins, read_systems
from semeval_emo.parse import ShapeError, member
from semeval_emo.scoring.metrics import METRICS
from semeval_emo.task import Task, load_task
from semeval_emo.zoo.dataset.joint import joint_outputs
from semeval_emo.zoo.dataset.other_languages import implied_language, implied_track, resolve_target
from semeval_emo.zoo.family import ParameterCounts
from semeval_emo.zoo.recipe import PublishedScores, Recipe, ShapeConfig
from semeval_emo.zoo.recipes.cost import TrainingCost, members_cost, training_cost
from semeval_emo.zoo.recipes.load import load_recipe, trainable_text
from semeval_emo.zoo.recipes.parameter_count import backbone_shape, count_parameters
from semeval_emo.zoo.recipes.readiness import READY, Readiness, readiness
from semeval_emo.zoo.registry import ADAPTED, PAIRWISE
from semeval_emo.zoo.runs.folder import RunFolder, run_path
from semeval_emo.zoo.runs.seeds import origin_of_folder
from semeval_emo.zoo.runs.state import DONE


@dataclass(frozen=True)
class RecipeScore:
    """Our official score of a recipe on test.

    Attributes:
        source: the run folder or the submitted file.
        origin: its seed among others, and the members of an ensemble; None if the run does not record them.
    """

    score: float
    metric: str
    track: str
    language: str
    release: str
    source: str
    origin: ScoreOrigin | None = field(default=None, compare=False)


@dataclass(frozen=True)
class SourcedScore:
    """A published score of a recipe for one language.

    Attributes:
        source, url: title and address of the source.
        where: table, section or file in the source.
    """

    language: str
    metric: str
    score: float
    source: str
    url: str
    where: str


@dataclass(frozen=True)
class RecipeEntry:
    """A recipe in the list.

    Attributes:
        sizes: computed from the shape of the backbone, without loading it; None if that is not known.
        ours: score of a finished run of the recipe in the folder of runs, else of the submitted run; None if
            there is neither.
        readiness: what it needs to be trained on this machine.
        shape: of the backbone; None if that is not known.
        cost: an estimate of what training takes; None if it trains no network of a known shape.
        published: scores of the recipe in its source, by language; a recipe may have one without a language.
    """

    recipe: Recipe
    track: str
    language: str
    release: str
    sizes: ParameterCounts | None
    ours: RecipeScore | None
    readiness: Readiness
    shape: ShapeConfig | None = None
    cost: TrainingCost | None = None
    published: tuple[SourcedScore, ...] = ()

    @property
    def published_score(self) -> float | None:
        """The published score for the recipe's language; None if there is none."""
        of_language = (one.score for one in self.published if one.language == self.language)
        own = self.recipe.published
        return next(of_language, own.macro_f1 if own else None)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        recipe, published, ours = self.recipe, self.recipe.published, self.ours
        return {
            "name": recipe.name,
            "title": recipe.title,
            "note": recipe.note or None,
            "extends": list(recipe.bases),
            "trains": trainable_text(recipe),
            "ready": self.readiness.level == READY,
            "needs": self.readiness.words or None,
            "parameters": self.sizes and self.sizes.to_dict(),
            "selects_on_test": recipe.selects_on_test,
            "published": published and asdict(published) | {"scores": [asdict(one) for one in self.published]},
            "shape": self.shape and asdict(self.shape),
            "cost": self.cost and self.cost.to_dict(),
            "track": self.track,
            "language": self.language,
            "release": self.release,
            "ours": ours and ours.score,
            "ours_metric": ours and ours.metric,
            "ours_from": ours and ours.source,
            "ours_origin": ours and ours.origin and ours.origin.to_dict(),
            "hash": recipe.hash,
            "recipe": recipe.resolved(),
        }


def recipe_entries(
    recipes: Sequence[Recipe],
    runs: Path,
    task: Task | None = None,
    on_error: Callable[[EmoError], None] | None = None,
) -> list[RecipeEntry]:
    """Return recipes with their parameter counts and our scores.

    Args:
        on_error: called with the error of a recipe that does not fit the task, which is then left out, and with that of
            submitted systems that cannot be read; None raises it.

    Raises:
        EmoError: as above.
    """
    task = task or load_task()
    systems: list[SubmittedSystem] = []
    board: Leaderboard | None = None
    entries = []
    try:
        systems = read_systems(task=task.key)
    except EmoError as error:
        if on_error is None:
            raise
        on_error(error)
    for recipe in recipes:
        try:
            if board is None and recipe.published and recipe.published.board:
                board = Leaderboard.load(task, own=False)
            entries.append(_entry(recipe, runs, task, systems, board))
        except EmoError as error:
            if on_error is None:
                raise
            on_error(error)
    return entries


def _entry(
    recipe: Recipe, runs: Path, task: Task, systems: Sequence[SubmittedSystem], board: Leaderboard | None
) -> RecipeEntry:
    track = implied_track(recipe.data.track, task)
    shape, sizes = backbone_shape(recipe), recipe_sizes(recipe, task)
    return RecipeEntry(
        recipe,
        track,
        recipe.data.language,
        task.release(recipe.data.release or None).key,
        sizes,
        recipe_score(recipe, runs, task, systems),
        readiness(recipe),
        shape,
        _cost(recipe, task),
        () if board is None or recipe.published is None else published_scores(recipe.published, track, board),
    )


def _cost(recipe: Recipe, task: Task) -> TrainingCost | None:
    """Estimate what training a recipe takes, or the members of an ensemble that are recipes, for its language."""
    if recipe.family != "ensemble":
        return training_cost(recipe, backbone_shape(recipe), recipe_sizes(recipe, task), task)
    try:
        members = [load_recipe(name) for name in recipe.options.members]
    except EmoError:
        # Run folders.
        return None
    language = recipe.data.language
    members = [replace(one, data=replace(one.data, language=language)) for one in members]
    return members_cost([(one.model.backbone, _cost(one, task)) for one in members])


def published_scores(published: PublishedScores, track: str, board: Leaderboard) -> tuple[SourcedScore, ...]:
    """Return the scores on the leaderboard that a recipe names as its own, by language; empty if it names none."""
    if not published.board:
        return ()
    metric = board.task.track(track).metric
    rows = [
        row for row in board.rows
        if (row.list, row.system, row.split, row.metric) == (published.board, published.system, "test", metric)
        and track in row.tracks and row.score is not None
    ]  # fmt: skip
    return tuple(_published(row, board) for row in sorted(rows, key=lambda row: row.language))


def _published(row: ScoreRow, board: Leaderboard) -> SourcedScore:
    source = board.sources.get(row.source)
    title, url = (source.title, source.url) if source else (row.source, row.source)
    assert row.score is not None
    return SourcedScore(row.language, row.metric, row.score, title, url, row.where)


def recipe_sizes(recipe: Recipe, task: Task) -> ParameterCounts | None:
    """Return the parameter counts of a recipe; None if the shape of its backbone or its language is not known."""
    shape, language = backbone_shape(recipe), implied_language(recipe.data.language, task)
    if shape is None or not language:
        return None
    emotions = len(task.spec(implied_track(recipe.data.track, task), language, "test").emotions)
    if recipe.trains_jointly:
        try:
            emotions = len(joint_outputs(resolve_target(recipe, task, None, None), task))
        except EmoError:
            # It cannot be trained for this task.
            return None
    if recipe.family == "embed":
        # Linear models on sentence vectors: the encoder without its pooling layer.
        encoder = count_parameters(shape, recipe.trainable, recipe.model, emotions, pooled=False)
        return ParameterCounts((shape.hidden + 1) * emotions, encoder.total) if encoder else None
    lora = (recipe.options.rank, recipe.options.targets) if recipe.family in ADAPTED else None
    asked = recipe.family == PAIRWISE
    return count_parameters(shape, recipe.trainable, recipe.model, emotions, lora=lora, asked=asked)


def recipe_score(recipe: Recipe, runs: Path, task: Task, systems: Sequence[SubmittedSystem] = ()) -> RecipeScore | None:
    """Return the score of the recipe's finished run in the folder of runs, or of its submitted run.

    Runs of another task or release, or of an earlier version of the recipe, do not count.
    """
    try:
        recipe = resolve_target(recipe, task, None, None)
    except UsageError:
        # A recipe that cannot be trained has no run.
        return None
    data = recipe.data
    spec = task.spec(data.track, data.language, "test", data.release)
    folder = RunFolder(run_path(runs, recipe, spec, next(iter(task.tracks))), spec)
    card = _scorecard(folder, recipe)
    if (card.get("task"), card.get("release")) == (task.key, spec.release):
        origin = origin_of_folder(folder.path)
        return RecipeScore(
            card["score"], card["metric"], spec.track, spec.language, spec.release, str(folder.path), origin
        )
    wanted = (recipe.hash, spec.release, spec.track, spec.language) if systems else ()
    # Several systems may contain the run; the one named after the recipe comes first.
    for system in sorted(systems, key=lambda system: system.name != recipe.run_name):
        for file in system.files:
            if (file.recipe_hash, file.release, *file.key) == wanted and file.score is not None:
                origin = origins(systems)[system.name, *file.key]
                return RecipeScore(file.score, file.metric, *file.key, file.release, system.path_of(file), origin)
    return None


def _scorecard(folder: RunFolder, recipe: Recipe) -> dict[str, Any]:
    """Return the scorecard of a finished run of this recipe; empty if there is none."""
    try:
        state = folder.state()
        if (state.get("status"), state.get("hash")) != (DONE, recipe.hash):
            return {}
        card = folder.read_score()
        member(card, "score", float)
        return card if member(card, "metric", str) in METRICS else {}
    except (EmoError, ShapeError):
        # Training in this folder reports what is wrong with it.
        return {}
