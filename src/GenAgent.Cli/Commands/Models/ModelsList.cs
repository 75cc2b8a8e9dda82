using System.CommandLine;
using System.Globalization;
using GenAgent.Cli.Hosting;
using GenAgent.Models;
using GenAgent.Models.Hub;
using Spectre.Console;

namespace GenAgent.Cli.Commands.Models;

/// <summary><c>genagent models list</c>: a line a model.</summary>
internal sealed class ModelsList : ICliCommand
{
    public Command Build(CliHost host, GlobalFlags flags)
    {
        var json = JsonFlag.Create();
        var command = new Command("list", "Lists the models that are here.") { json };
        command.SetAction((parsed, _) =>
        {
            var options = host.HubOptions();
            var models = new HubCache(options.CacheFolder).List();
            if (parsed.GetValue(json))
            {
                foreach (var model in EmbeddedModels.Here)
                {
                    host.WriteJson(new { schema = "genagent.model/1", model = model.Name, size = model.Files().Sum(file => file.Length), embedded = true, use = model.Flag });
                }

                foreach (var model in models)
                {
                    host.WriteJson(
                        new { schema = "genagent.model/1", model = model.Model.Id, size = model.Size, revisions = model.Revisions.Select(revision => new { revision.Commit, revision.References }), incomplete = model.Incomplete.Count });
                }
            }
            else
            {
                host.Output.Write(Table(models));
                if (models.Count == 0)
                {
                    host.Screen.WriteLine($"{options.CacheFolder} holds no others. Pull one: genagent models pull hf:ORG/NAME");
                }
            }

            return Task.FromResult((int)ExitCode.Success);
        });
        return command;
    }

    private static Table Table(IEnumerable<CachedModel> models)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("Model", "Revisions", "Size", "Incomplete");
        table.Columns[0].NoWrap();
        foreach (var model in EmbeddedModels.Here)
        {
            table.AddRow(new Text(model.Name), new Text($"embedded: {model.Flag}"), new Text(ByteSize.Of(model.Files().Sum(file => file.Length))), new Text(""));
        }

        foreach (var model in models)
        {
            table.AddRow(
                new Text(model.Model.Id),
                new Text(string.Join(", ", model.Revisions.Select(Name))),
                new Text(ByteSize.Of(model.Size)),
                new Text(model.Incomplete.Count == 0 ? "" : model.Incomplete.Count.ToString(CultureInfo.InvariantCulture), Color.Yellow));
        }

        return table;
    }

    private static string Name(CachedRevision revision) =>
        revision.References.Count > 0 ? string.Join(' ', revision.References) : revision.Commit[..Math.Min(7, revision.Commit.Length)];
}
