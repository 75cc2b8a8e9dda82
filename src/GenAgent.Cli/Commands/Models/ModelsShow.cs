using System.CommandLine;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Screens;
using GenAgent.Models;
using GenAgent.Models.Hub;
using Spectre.Console;

namespace GenAgent.Cli.Commands.Models;

/// <summary><c>genagent models show</c>: a model's revisions and files.</summary>
internal sealed class ModelsShow() : CliCommand("show", "Shows a model's revisions and files.")
{
    private readonly Argument<string> _name = Flag.Model();
    private readonly Option<bool> _json = Flag.Json();

    protected override Task<ExitCode> RunAsync(CliCall call)
    {
        var (host, name) = (call.Host, call.Get(_name));
        if (EmbeddedModels.Here.FirstOrDefault(one => string.Equals(one.Name, name, StringComparison.Ordinal)) is { } embedded)
        {
            ShowEmbedded(call, embedded);
            return Success;
        }

        var wanted = HubModel.Parse(name);
        var options = host.HubOptions();
        var model = new HubCache(options.CacheFolder).Find(wanted)
            ?? throw new HubNotFoundException($"{wanted} is not in {options.CacheFolder}. Pull it: genagent models pull hf:{wanted}");
        var revisions = model.Revisions.Select(revision => new { revision.Commit, revision.References, revision.Folder, revision.Files });
        call.Write(
            _json, new { schema = "genagent.model/1", model = model.Model.Id, size = model.Size, revisions, incomplete = model.Incomplete.Count },
            () => Show(host, model));
        return Success;
    }

    private void ShowEmbedded(CliCall call, EmbeddedModel model)
    {
        FileInfo[] files = [.. model.Files()];
        var shown = files.Select(file => new { path = Path.GetRelativePath(model.Folder, file.FullName), size = file.Length });
        call.Write(
            _json,
            new { schema = "genagent.model/1", model = model.Name, size = model.Size, embedded = true, use = model.Flag, folder = model.Folder, files = shown },
            () =>
            {
                call.Host.WriteResult($"{model.Name}  {ByteSize.Of(model.Size)}  {model.Flag}: {model.Description}");
                call.Host.WriteResult($"  {model.Folder}");
                foreach (var file in shown) call.Host.WriteResult($"  {ByteSize.Of(file.size),10}  {file.path}");
            });
    }

    private static void Show(CliHost host, CachedModel model)
    {
        host.WriteResult($"{model.Model.Id}  {ByteSize.Of(model.Size)}{(model.Incomplete.Count > 0 ? $"  {model.Incomplete.Count} incomplete" : "")}");
        foreach (var revision in model.Revisions)
        {
            host.WriteResult($"{revision.Commit} {string.Join(' ', revision.References)}");
            host.WriteResult($"  {revision.Folder}");
            var table = Tables.Simple("", "", "").Border(TableBorder.None).HideHeaders().Right(0);
            foreach (var file in revision.Files)
            {
                var hash = file.Hash.Length > 12 ? file.Hash[..12] : file.Hash;
                table.AddRow(new Text("  " + ByteSize.Of(file.Size)), new Text(TerminalText.OneLine(file.Path, 200)), new Text(hash, Color.Grey));
            }

            host.Output.Write(table);
        }
    }
}
