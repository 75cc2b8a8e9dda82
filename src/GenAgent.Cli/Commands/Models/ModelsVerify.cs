using System.CommandLine;
using GenAgent.Cli.Hosting;
using GenAgent.Models;
using GenAgent.Models.Hub;

namespace GenAgent.Cli.Commands.Models;

/// <summary><c>genagent models verify</c>: reads every file and compares it to its hash.</summary>
internal sealed class ModelsVerify() : CliCommand("verify", "Reads every file of models and compares it to its hash; ends with code 7 when one is damaged.")
{
    private readonly Argument<string[]> _names = Flag.Arguments(
        "model", "ORG/NAME, or an embedded model; by default all models that are here.", ArgumentArity.ZeroOrMore);

    protected override async Task<ExitCode> RunAsync(CliCall call)
    {
        var cache = new HubCache(call.Host.HubOptions().CacheFolder);
        var chosen = call.Get(_names) is { Length: > 0 } named
            ? named
            : [.. EmbeddedModels.Here.Select(model => model.Name), .. cache.List().Select(model => model.Model.Id)];
        var damaged = false;
        foreach (var name in chosen)
        {
            var embedded = EmbeddedModels.Here.FirstOrDefault(model => string.Equals(model.Name, name, StringComparison.Ordinal));
            var model = embedded is null ? HubModel.Parse(name) : null;
            var faults = model is null
                ? await embedded!.VerifyAsync(call.CancellationToken)
                : await cache.VerifyAsync(model, progress: null, call.CancellationToken);
            damaged |= faults.Count > 0;
            call.Host.WriteResult($"{model?.Id ?? name}: {(faults.Count == 0 ? "whole" : $"{faults.Count} {(faults.Count == 1 ? "fault" : "faults")}")}");
            foreach (var fault in faults) call.Host.WriteResult($"  {TerminalText.Clean(fault)}");
        }

        return damaged ? ExitCode.CheckFailed : ExitCode.Success;
    }
}
