using System.CommandLine;
using GenAgent.Cli.Hosting;
using GenAgent.Models.Hub;

namespace GenAgent.Cli.Commands.Models;

/// <summary><c>genagent models remove</c>: removes a model with all its revisions.</summary>
internal sealed class ModelsRemove() : CliCommand("remove", "Removes a model with all its revisions from the cache.")
{
    private readonly Argument<string> _name = Flag.Model();

    protected override Task<ExitCode> RunAsync(CliCall call)
    {
        var model = HubModel.Parse(call.Get(_name));
        var freed = new HubCache(call.Host.HubOptions().CacheFolder).Remove(model);
        call.Host.WriteResult($"{model.Id}: removed, {ByteSize.Of(freed)} freed.");
        return Success;
    }
}
