using System.CommandLine;
using GenAgent.Cli.Hosting;
using GenAgent.Models;
using GenAgent.Models.Hub;

namespace GenAgent.Cli.Commands.Models;

/// <summary><c>genagent models verify</c>: reads every file and compares it to its hash.</summary>
internal sealed class ModelsVerify : ICliCommand
{
    public Command Build(CliHost host, GlobalFlags flags)
    {
        var names = new Argument<string[]>("model")
        {
            Description = "ORG/NAME, or an embedded model; by default all models that are here.",
            Arity = ArgumentArity.ZeroOrMore
        };
        var command = new Command("verify", "Reads every file of models and compares it to its hash; ends with code 7 when one is damaged.") { names };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var cache = new HubCache(host.HubOptions().CacheFolder);
            var chosen = parsed.GetValue(names) is { Length: > 0 } named
                ? named
                : [.. EmbeddedModels.Here.Select(model => model.Name), .. cache.List().Select(model => model.Model.Id)];
            var damaged = 0;
            foreach (var name in chosen)
            {
                var embedded = EmbeddedModels.Here.FirstOrDefault(model => string.Equals(model.Name, name, StringComparison.Ordinal));
                var model = embedded is null ? HubModel.Parse(name) : null;
                var faults = model is null ? await embedded!.VerifyAsync(cancellationToken) : await cache.VerifyAsync(model, progress: null, cancellationToken);
                damaged += faults.Count > 0 ? 1 : 0;
                host.WriteResult($"{model?.Id ?? name}: {(faults.Count == 0 ? "whole" : $"{faults.Count} {(faults.Count == 1 ? "fault" : "faults")}")}");
                foreach (var fault in faults)
                {
                    host.WriteResult($"  {TerminalText.Clean(fault)}");
                }
            }

            return (int)(damaged == 0 ? ExitCode.Success : ExitCode.CheckFailed);
        });
        return command;
    }
}
