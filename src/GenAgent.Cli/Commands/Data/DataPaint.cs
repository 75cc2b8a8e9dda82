using System.CommandLine;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Screens;
using GenAgent.Hosting.Composition;
using GenAgent.Hosting.Configuration;
using GenAgent.Micro.Perception;
using GenAgent.Running;

namespace GenAgent.Cli.Commands.Data;

/// <summary>
/// <c>genagent data paint</c>: a generator's own images of training captions, read by the verifier: what an agent must learn to see. The same call goes on
/// where a stopped one ended.
/// </summary>
internal sealed class DataPaint() : CliCommand(
    "paint", "Paints training captions of the miniature world, and keeps the images with what the verifier reads off them.")
{
    private readonly Option<string?> _generator = BackendFlag.Images("The image generator, micro unless given");
    private readonly Option<int> _count = Flag.Of("--count", "N", "Paintings in the folder when all is done.", 1000);
    private readonly Option<ulong> _seed = Flag.Seed();
    private readonly Option<int?> _steps = Flag.Of<int?>(
        "--steps", "N", "Denoising steps; by default the generator's own number. With fewer, more of the images are unclear.");
    private readonly Option<double?> _requests = Flag.Of<double?>(
        "--requests", "X", "Share that is painted from the plans of requests in free wording (docs/language.md).");
    private readonly Option<int> _jobs = Flag.Jobs("Images in the making");
    private readonly Option<string> _out = Flag.Required("--out", "DIR", "The folder.");
    private readonly Option<bool> _json = Flag.Json();

    protected override bool SameCallResumes => true;

    protected override async Task<ExitCode> RunAsync(CliCall call)
    {
        var host = call.Host;
        var settings = call.Settings(call.Setting("Backends:Generator", _generator));
        var uri = settings.Get<BackendOptions>(BackendOptions.SectionName).Generator;
        var folder = call.PathOf(_out);
        using var loggers = call.Loggers();
        using var painter = await BackendComposition.Create(host, settings, loggers).CreateImageGeneratorAsync(uri, call.CancellationToken);
        var run = new PaintingRun(painter, new(uri, call.Get(_seed), call.Get(_steps), call.Get(_requests))) { Notice = host.Say };
        var painted = await CountScreen.ShowAsync(host.Screen, "paintings", show => run.RunAsync(
            folder, call.Get(_count), call.Get(_jobs), new Relay<RolloutProgress>(p => show.Report(new(p.Done, p.Total, Left: p.Left))),
            call.CancellationToken));
        call.Write(
            _json, new { schema = "genagent.data_paint/1", folder = host.ShownPath(folder), painted, count = call.Get(_count) },
            () => host.WriteResult(host.ShownPath(folder)));
        return ExitCode.Success;
    }
}
