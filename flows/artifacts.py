"""What came of a stage, shown in the Prefect UI: a table of counts, and the report itself."""

from prefect.artifacts import create_markdown_artifact, create_table_artifact

from storage.layout import DataLayout
from storage.ledger import Stage
from storage.records import StageRecord


def show(label: str, record: StageRecord) -> StageRecord:
    """Show a stage record's counts under its label; gives the record on."""
    create_table_artifact(
        key=label,
        table=[{"what": what, "number": number} for what, number in record.counts.items()],
        description=f"`{record.stage}/{record.key}` by {record.code_version}",
    )
    return record


def show_report(record: StageRecord, layout: DataLayout) -> StageRecord:
    """Show the report, pictures and all; gives the record on."""
    text = (layout.stage(Stage.REPORT, record.key) / "report.md").read_text()
    create_markdown_artifact(key="report", markdown=text, description="The paper, re-run.")
    return record


def show_comparison(record: StageRecord, layout: DataLayout) -> StageRecord:
    """Show the table of a grid of experiments; gives the record on."""
    text = (layout.stage(Stage.EXPERIMENTS, record.key) / "comparison.md").read_text()
    create_markdown_artifact(key="experiments", markdown=text, description="Many trainings.")
    return record
