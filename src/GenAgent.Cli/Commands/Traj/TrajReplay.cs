using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using GenAgent.Cli.Hosting;
using GenAgent.Dialects;
using GenAgent.Hosting.Composition;
using GenAgent.Hosting.Configuration;
using GenAgent.Hosting.Runs;
using GenAgent.Storage;
using GenAgent.Trajectories;

namespace GenAgent.Cli.Commands.Traj;

/// <summary><c>genagent traj replay</c>: makes a trajectory's images again from their seeds, and compares.</summary>
internal sealed class TrajReplay : ICliCommand
{
    public Command Build(CliHost host, GlobalFlags flags)
    {
        var folder = StoredRuns.FolderArgument();
        var id = StoredRuns.IdOption();
        var json = JsonFlag.Create();
        var target = new Option<string?>("--out") { Description = "Keeps the new images in this folder.", HelpName = "DIR" };
        var generator = BackendFlag.Images("The image generator, by default the one that made the images unless that is a server");
        var command = new Command("replay", "Makes a trajectory's images again from the recorded prompts and seeds, and compares them.") { folder, id, target, generator, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var settings = flags.Read(host, parsed, [new("Backends:Generator", parsed.GetValue(generator), generator.Name)]);
            var stored = StoredRuns.Find(host, parsed.GetValue(folder));
            var trajectory = await StoredRuns.FindAsync(host, stored, parsed.GetValue(id), cancellationToken);
            using var loggers = MaskedLogging.Create(host, parsed.GetValue(flags.Verbose));
            var registry = BackendComposition.Create(host, settings, loggers);
            var uri = UriOf(trajectory, settings, parsed.GetValue(generator));
            ForeignBackend.Check(uri, settings, registry);
            using var painter = await registry.CreateImageGeneratorAsync(uri, cancellationToken);
            var toolUris = trajectory.Tools ?? new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var (name, tool) in toolUris) ForeignBackend.Check(tool, settings, registry, $"--set Backends:Tools:{name}=");
            using var tools = await ToolComposition.CreateAsync(registry, toolUris, cancellationToken);
            var allSame = true;
            if (!parsed.GetValue(json)) StoredRuns.Describe(host, stored, trajectory);
            await foreach (var image in TrajectoryReplay.ReplayAsync(trajectory, stored, painter, tools.ByCall(Dialect.Find(trajectory.Dialect)), cancellationToken))
            {
                allSame &= image.IsSame;
                var file = await KeepAsync(host, parsed.GetValue(target), image, cancellationToken);
                host.WriteResult(parsed.GetValue(json) ? ToJson(trajectory, image, file) : ToLine(image, file));
            }

            return (int)(allSame ? ExitCode.Success : ExitCode.CheckFailed);
        });
        return command;
    }

    private static string UriOf(Trajectory trajectory, Settings settings, string? flag) =>
        flag ?? trajectory.Generator.Uri ?? settings.Get<BackendOptions>(BackendOptions.SectionName).Generator;

    private static async Task<string?> KeepAsync(CliHost host, string? folder, ReplayedImage image, CancellationToken cancellationToken)
    {
        if (folder is null || image.Image is null)
        {
            return null;
        }

        var name = string.Create(CultureInfo.InvariantCulture, $"round-{image.Round + 1}-{image.Recorded.Id.AsSpan(0, 12)}.png");
        var path = Path.Combine(Directory.CreateDirectory(host.FullPath(folder)).FullName, name);
        await WholeFile.WriteAsync(path, image.Image.Data, cancellationToken);
        return host.ShownPath(path);
    }

    private static string ToLine(ReplayedImage image, string? file)
    {
        var outcome = image.Problem ?? (image.IsSame ? "same" : string.Create(CultureInfo.InvariantCulture, $"DIFFERENT by {image.MaxDifference * byte.MaxValue:0} of 255 at most"));
        return string.Create(CultureInfo.InvariantCulture, $"round {image.Round + 1}, image {image.Recorded.Id.AsSpan(0, 12)}, seed {image.Recorded.Seed}: {outcome}{(file is null ? string.Empty : $" -> {file}")}");
    }

    private static string ToJson(Trajectory trajectory, ReplayedImage image, string? file) => JsonSerializer.Serialize(
        new
        {
            schema = "genagent.replay/1",
            trajectory = trajectory.Id,
            round = image.Round,
            image = image.Recorded.Id,
            image.Recorded.Seed,
            same = image.IsSame,
            image.MaxDifference,
            image.Problem,
            file,
        },
        SnakeCaseJson.Options);
}
