using System.CommandLine;
using GenAgent.Cli.Hosting;
using GenAgent.Models.Hub;

namespace GenAgent.Cli.Commands.Models;

/// <summary><c>genagent models remove</c>: removes a model with all its revisions.</summary>
internal sealed class ModelsRemove : ICliCommand
{
    public Command Build(CliHost host, GlobalFlags flags)
    {
        var name = ModelArgument.Create();
        var command = new Command("remove", "Removes a model with all its revisions from the cache.") { name };
        command.SetAction((parsed, _) =>
        {
            var model = HubModel.Parse(parsed.GetRequiredValue(name));
            var freed = new HubCache(host.HubOptions().CacheFolder).Remove(model);
            host.WriteResult($"{model.Id}: removed, {ByteSize.Of(freed)} freed.");
            return Task.FromResult((int)ExitCode.Success);
        });
        return command;
    }
}
