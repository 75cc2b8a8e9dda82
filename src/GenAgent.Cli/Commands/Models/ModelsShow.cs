using System.CommandLine;
using GenAgent.Cli.Hosting;
using GenAgent.Models;
using GenAgent.Models.Hub;
using Spectre.Console;

namespace GenAgent.Cli.Commands.Models;

/// <summary><c>genagent models show</c>: a model's revisions and files.</summary>
internal sealed class ModelsShow : ICliCommand
{
    public Command Build(CliHost host, GlobalFlags flags)
    {
        var name = ModelArgument.Create();
        var json = JsonFlag.Create();
        var command = new Command("show", "Shows a model's revisions and files.") { name, json };
        command.SetAction((parsed, _) =>
        {
            if (EmbeddedModels.Here.FirstOrDefault(one => string.Equals(one.Name, parsed.GetRequiredValue(name), StringComparison.Ordinal)) is { } embedded)
            {
                ShowEmbedded(host, embedded, parsed.GetValue(json));
                return Task.FromResult((int)ExitCode.Success);
            }

            var wanted = HubModel.Parse(parsed.GetRequiredValue(name));
            var options = host.HubOptions();
            var model = new HubCache(options.CacheFolder).Find(wanted)
                ?? throw new HubNotFoundException($"{wanted} is not in {options.CacheFolder}. Pull it: genagent models pull hf:{wanted}");
            if (parsed.GetValue(json))
            {
                host.WriteJson(
                    new
                    {
                        schema = "genagent.model/1",
                        model = model.Model.Id,
                        size = model.Size,
                        revisions = model.Revisions.Select(revision => new { revision.Commit, revision.References, revision.Folder, revision.Files }),
                        incomplete = model.Incomplete.Count,
                    });
            }
            else
            {
                Show(host, model);
            }

            return Task.FromResult((int)ExitCode.Success);
        });
        return command;
    }

    private static void ShowEmbedded(CliHost host, EmbeddedModel model, bool json)
    {
        FileInfo[] files = [.. model.Files()];
        if (json)
        {
            host.WriteJson(
                new
                {
                    schema = "genagent.model/1", model = model.Name, size = files.Sum(file => file.Length), embedded = true, use = model.Flag, folder = model.Folder,
                    files = files.Select(file => new { path = Path.GetRelativePath(model.Folder, file.FullName), size = file.Length }),
                });
            return;
        }

        host.WriteResult($"{model.Name}  {ByteSize.Of(files.Sum(file => file.Length))}  {model.Flag}: {model.Description}");
        host.WriteResult($"  {model.Folder}");
        foreach (var file in files)
        {
            host.WriteResult($"  {ByteSize.Of(file.Length),10}  {Path.GetRelativePath(model.Folder, file.FullName)}");
        }
    }

    private static void Show(CliHost host, CachedModel model)
    {
        host.WriteResult($"{model.Model.Id}  {ByteSize.Of(model.Size)}{(model.Incomplete.Count > 0 ? $"  {model.Incomplete.Count} incomplete" : "")}");
        foreach (var revision in model.Revisions)
        {
            host.WriteResult($"{revision.Commit} {string.Join(' ', revision.References)}");
            host.WriteResult($"  {revision.Folder}");
            var table = new Table().Border(TableBorder.None).HideHeaders().AddColumns("", "", "");
            table.Columns[0].Alignment = Justify.Right;
            foreach (var file in revision.Files)
            {
                table.AddRow(new Text("  " + ByteSize.Of(file.Size)), new Text(TerminalText.OneLine(file.Path, 200)), new Text(file.Hash.Length > 12 ? file.Hash[..12] : file.Hash, Color.Grey));
            }

            host.Output.Write(table);
        }
    }
}
