using System.CommandLine;
using GenAgent.Cli.Hosting;
using GenAgent.Torch.Safetensors;

namespace GenAgent.Cli.Commands.Models;

/// <summary><c>genagent models copy</c>: a trained model's folder in a smaller number format, as it is shipped.</summary>
internal sealed class ModelsCopy : ICliCommand
{
    public Command Build(CliHost host, GlobalFlags flags)
    {
        var from = new Argument<string>("from") { Description = "The model's folder." };
        var to = new Argument<string>("to") { Description = "The new folder; files of the same names are replaced." };
        var format = new Option<string>("--dtype") { Description = "What weights are written as.", DefaultValueFactory = _ => "float16" };
        format.AcceptOnlyFromAmong("float32", "float16", "bfloat16");
        var command = new Command("copy", "Copies a model's folder, with its weights in another number format.") { from, to, format };
        command.SetAction(parsed =>
        {
            var (source, target) = (host.FullPath(parsed.GetRequiredValue(from)), host.FullPath(parsed.GetRequiredValue(to)));
            try
            {
                var copied = ModelFolderCopy.Copy(source, target, parsed.GetRequiredValue(format));
                host.WriteResult($"{host.ShownPath(target)}: {copied.Files} files, {ByteSize.Of(copied.Bytes)}");
                return (int)ExitCode.Success;
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException or InvalidDataException)
            {
                throw new CliException(ExitCode.Usage, fault.Message, fault);
            }
        });
        return command;
    }
}
