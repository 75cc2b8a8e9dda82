using System.CommandLine;
using System.Globalization;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Screens;
using GenAgent.Models;
using GenAgent.Models.Hub;
using Spectre.Console;

namespace GenAgent.Cli.Commands.Models;

/// <summary><c>genagent models list</c>: a line a model.</summary>
internal sealed class ModelsList() : CliCommand("list", "Lists the models that are here.")
{
    private readonly Option<bool> _json = Flag.Json();

    protected override Task<ExitCode> RunAsync(CliCall call)
    {
        var host = call.Host;
        var options = host.HubOptions();
        var models = new HubCache(options.CacheFolder).List();
        if (call.Get(_json))
        {
            foreach (var model in EmbeddedModels.Here)
            {
                host.WriteJson(new { schema = "genagent.model/1", model = model.Name, size = model.Size, embedded = true, use = model.Flag });
            }

            foreach (var model in models)
            {
                var revisions = model.Revisions.Select(revision => new { revision.Commit, revision.References });
                host.WriteJson(new { schema = "genagent.model/1", model = model.Model.Id, size = model.Size, revisions, incomplete = model.Incomplete.Count });
            }

            return Success;
        }

        host.Output.Write(Table(models));
        if (models.Count == 0) host.Screen.WriteLine($"{options.CacheFolder} holds no others. Pull one: genagent models pull hf:ORG/NAME");
        return Success;
    }

    private static Table Table(IEnumerable<CachedModel> models)
    {
        var table = Tables.Simple("Model", "Revisions", "Size", "Incomplete");
        table.Columns[0].NoWrap();
        foreach (var model in EmbeddedModels.Here)
        {
            table.AddRow(new Text(model.Name), new Text($"embedded: {model.Flag}"), new Text(ByteSize.Of(model.Size)), new Text(""));
        }

        foreach (var model in models)
        {
            var incomplete = model.Incomplete.Count == 0 ? "" : model.Incomplete.Count.ToString(CultureInfo.InvariantCulture);
            table.AddRow(
                new Text(model.Model.Id), new Text(string.Join(", ", model.Revisions.Select(Name))), new Text(ByteSize.Of(model.Size)),
                new Text(incomplete, Color.Yellow));
        }

        return table;
    }

    private static string Name(CachedRevision revision) =>
        revision.References.Count > 0 ? string.Join(' ', revision.References) : revision.Commit[..Math.Min(7, revision.Commit.Length)];
}
