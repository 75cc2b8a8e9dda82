using System.CommandLine;
using System.Globalization;
using GenAgent.Cli.Hosting;
using GenAgent.Dialects;
using GenAgent.Hosting.Composition;
using GenAgent.Hosting.Configuration;
using GenAgent.Hosting.Runs;
using GenAgent.Trajectories;

namespace GenAgent.Cli.Commands.Traj;

/// <summary><c>genagent traj replay</c>: makes a trajectory's images again from their seeds, and compares.</summary>
internal sealed class TrajReplay() : CliCommand(
    "replay", "Makes a trajectory's images again from the recorded prompts and seeds, and compares them.")
{
    private readonly Argument<string?> _folder = StoredRuns.FolderArgument();
    private readonly Option<string?> _id = StoredRuns.IdOption();
    private readonly Option<string?> _out = Flag.Of<string?>("--out", "DIR", "Keeps the new images in this folder.");
    private readonly Option<string?> _generator = BackendFlag.Images(
        "The image generator, by default the one that made the images unless that is a server");
    private readonly Option<bool> _json = Flag.Json();

    protected override async Task<ExitCode> RunAsync(CliCall call)
    {
        var host = call.Host;
        var settings = call.Settings(call.Setting("Backends:Generator", _generator));
        var stored = StoredRuns.Find(host, call.Get(_folder));
        var trajectory = await StoredRuns.FindAsync(host, stored, call.Get(_id), call.CancellationToken);
        using var loggers = call.Loggers();
        var registry = BackendComposition.Create(host, settings, loggers);
        var uri = call.Get(_generator) ?? trajectory.Generator.Uri ?? settings.Get<BackendOptions>(BackendOptions.SectionName).Generator;
        ForeignBackend.Check(uri, settings, registry);
        using var painter = await registry.CreateImageGeneratorAsync(uri, call.CancellationToken);
        var toolUris = trajectory.Tools ?? new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, tool) in toolUris) ForeignBackend.Check(tool, settings, registry, $"--set Backends:Tools:{name}=");
        using var tools = await ToolComposition.CreateAsync(registry, toolUris, call.CancellationToken);
        if (!call.Get(_json)) StoredRuns.Describe(host, stored, trajectory);
        var (allSame, byCall) = (true, tools.ByCall(Dialect.Find(trajectory.Dialect)));
        await foreach (var image in TrajectoryReplay.ReplayAsync(trajectory, stored, painter, byCall, call.CancellationToken))
        {
            allSame &= image.IsSame;
            var file = await KeepAsync(call, image);
            call.Write(_json, Document(trajectory, image, file), () => host.WriteResult(ToLine(image, file)));
        }

        return allSame ? ExitCode.Success : ExitCode.CheckFailed;
    }

    private async Task<string?> KeepAsync(CliCall call, ReplayedImage image)
    {
        if (call.Get(_out) is not { } folder || image.Image is null) return null;
        var name = string.Create(CultureInfo.InvariantCulture, $"round-{image.Round + 1}-{image.Recorded.Id.AsSpan(0, 12)}.png");
        var path = Path.Combine(Directory.CreateDirectory(call.Host.FullPath(folder)).FullName, name);
        await WholeFile.WriteAsync(path, image.Image.Data, call.CancellationToken);
        return call.Host.ShownPath(path);
    }

    private static string ToLine(ReplayedImage image, string? file)
    {
        var outcome = image.Problem
            ?? (image.IsSame
                ? "same"
                : string.Create(CultureInfo.InvariantCulture, $"DIFFERENT by {image.MaxDifference * byte.MaxValue:0} of 255 at most"));
        var kept = file is null ? string.Empty : $" -> {file}";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"round {image.Round + 1}, image {image.Recorded.Id.AsSpan(0, 12)}, seed {image.Recorded.Seed}: {outcome}{kept}");
    }

    private static object Document(Trajectory trajectory, ReplayedImage image, string? file) => new
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
    };
}
