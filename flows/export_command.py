"""`irodori export`: a trained model as a file that onnxruntime reads."""

from upath import UPath

from flows.app_words import ExportCommand
from storage.layout import DataLayout


def answer(command: ExportCommand) -> tuple[str, int]:
    """Write the file; give what to print (what it takes), and the exit code.

    Raises:
        BadInput: there is no such model, or the packages that write ONNX are not installed.
    """
    # Only who exports needs torch.
    from app import onnx_file  # noqa: PLC0415
    from app.models import open_models  # noqa: PLC0415

    layout = DataLayout.at(command.of.root)
    layout.check()
    source = open_models(layout, "cpu", command.of.checkpoint).source_of("")
    inputs = onnx_file.write(source, UPath(command.out))
    made = f"{source.recipe or 'checkpoint'}, step {source.step}, {source.size_px} px"
    return f"{made}: {', '.join(inputs)} -> color\n{command.out}", 0
