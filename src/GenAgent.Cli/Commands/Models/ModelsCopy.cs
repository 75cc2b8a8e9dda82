using System.CommandLine;
using GenAgent.Cli.Hosting;
using GenAgent.Torch.Safetensors;

namespace GenAgent.Cli.Commands.Models;

/// <summary><c>genagent models copy</c>: a trained model's folder in a smaller number format, as it is shipped.</summary>
internal sealed class ModelsCopy() : CliCommand("copy", "Copies a model's folder, with its weights in another number format.")
{
    private readonly Argument<string> _from = Flag.Argument("from", "The model's folder.");
    private readonly Argument<string> _to = Flag.Argument("to", "The new folder; files of the same names are replaced.");
    private readonly Option<string?> _format = Flag.Among("--dtype", null, "What weights are written as.", "float16", "float32", "float16", "bfloat16");

    protected override Task<ExitCode> RunAsync(CliCall call)
    {
        try
        {
            var copied = ModelFolderCopy.Copy(call.PathOf(_from), call.PathOf(_to), call.Get(_format)!);
            call.Host.WriteResult($"{call.Host.ShownPath(call.PathOf(_to))}: {copied.Files} files, {ByteSize.Of(copied.Bytes)}");
            return Success;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException or InvalidDataException)
        {
            throw new CliException(ExitCode.Usage, fault.Message, fault);
        }
    }
}
