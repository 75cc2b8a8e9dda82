using System.CommandLine;
using System.Globalization;
using GenAgent.Cli.Commands.Sharing;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Screens;
using GenAgent.Micro.Teaching;
using GenAgent.Models;
using GenAgent.Training.Synthesis;
using GenAgent.Training.Synthesis.Filters;
using GenAgent.Trajectories;

namespace GenAgent.Cli.Commands.Data;

/// <summary>
/// <c>genagent data synth</c>: trajectories of a teacher in the agent's own loop, every image judged. The same call goes on where a stopped one ended.
/// </summary>
internal sealed class DataSynth() : CliCommand("synth", "Makes trajectories: a teacher thinks, calls, judges and reflects in the agent's place.")
{
    private static readonly SynthesisOptions Defaults = new();

    private readonly Option<string?> _teacher = BackendFlag.Chat(
        "--teacher", "Who writes the turns: oracle (the miniature world), or a chat model", SynthesisWork.Oracle);
    private readonly Option<string?> _generator = BackendFlag.Images("The image generator, micro unless given");
    private readonly Option<string?> _judge = BackendFlag.Judge(
        "Who judges every image: verifier (the miniature world), or a chat model's URI", MicroBackends.Verifier);
    private readonly Option<string?> _prompts = Flag.Of<string?>(
        "--prompts", "FILE",
        "A file of prompts, one a line, or JSON with prompt, category, constraints, checklist and reference; without it, the miniature world's training "
            + "prompts.");
    private readonly Option<int> _count = Flag.Of("--count", "N", "Trajectories in the folder when all is done.", Defaults.Count);
    private readonly Option<int> _rounds = Flag.Of("--rounds", "N", "The most rounds that make images.", Defaults.Rounds);
    private readonly Option<int?> _steps = Flag.Of<int?>(
        "--steps", "N", "Denoising steps; by default the generator's own number. With fewer there is more to judge and to mend.");
    private readonly Option<ulong> _seed = Flag.Seed();
    private readonly Option<int> _jobs = Flag.Jobs("Trajectories in the making");
    private readonly Option<double> _ownWords = Flag.Of("--own-words", "X", "Share that begins with the user's own words.", Defaults.OwnWordsShare);
    private readonly Option<double> _lost = Flag.Of(
        "--lost-attribute", "X", "Share whose first prompt lost an attribute.", Defaults.LostAttributeShare);
    private readonly Option<double> _wrong = Flag.Of(
        "--wrong-attribute", "X", "Share whose first prompt has an attribute wrong.", Defaults.WrongAttributeShare);
    private readonly Option<double> _failed = Flag.Of("--failed-call", "X", "Share whose first call fails.", Defaults.FailedCallShare);
    private readonly Option<double> _outside = Flag.Of("--outside", "X", "Share of prompts that the miniature world cannot draw.", 0.04);
    private readonly Option<double> _requests = Flag.Of(
        "--requests", "X", "Share of the other prompts that are requests in free wording (docs/language.md).", 0.0);
    private readonly Option<double> _mistaken = Flag.Of(
        "--mistaken", "X",
        "Share of the miniature world's dense prompts of which the generator paints something else, so that judging has to look; 0 to 1.", 0.0);
    private readonly ShareFlag _share = new();
    private readonly Option<string> _out = Flag.Required("--out", "DIR", "The folder.");
    private readonly Option<bool> _json = Flag.Json();

    protected override bool SameCallResumes => true;

    protected override async Task<ExitCode> RunAsync(CliCall call)
    {
        var (host, folder) = (call.Host, call.PathOf(_out));
        await SynthesizeAsync(call, folder);
        var statistics = DataStatistics.Of(await FilterRun.ReadAsync(new TrajectoryFolder(folder), call.CancellationToken));
        call.Write(_json, new { schema = "genagent.data_synth/1", folder = host.ShownPath(folder), statistics }, () =>
        {
            DataTables.Write(host.Output, statistics);
            host.WriteResult(host.ShownPath(folder));
        });
        return ExitCode.Success;
    }

    private async Task SynthesizeAsync(CliCall call, string folder)
    {
        var (host, teacher) = (call.Host, call.Get(_teacher)!);
        RequireSense(call);
        var settings = call.Settings(call.Setting("Backends:Generator", _generator), call.Setting("Backends:Judge", _judge));
        using var loggers = call.Loggers();
        var prompts = call.Get(_prompts) is { } file ? host.FullPath(file) : null;
        var work = new SynthesisWork(
            teacher, null, call.Get(_outside), call.Get(_requests), call.Get(_mistaken), Options(call), new Dictionary<string, string>(StringComparer.Ordinal));
        await using var share = await _share.OpenAsync(
            call, settings, call.Get(_jobs),
            () => work with { Prompts = prompts is null ? null : SharedFile.Of(host, prompts), Settings = SharedSettings.Of(settings) });
        await using var setup = await work.SetUpAsync(host, settings, prompts, loggers, share?.Sharing, call.CancellationToken);
        await CountScreen.ShowAsync(host.Screen, "trajectories", show => setup.Synthesizer.RunAsync(
            folder, call.Get(_jobs),
            new Relay<SynthesisProgress>(p => show.Report(new(p.Done, p.Total, $"{p.Passed.ToString(CultureInfo.InvariantCulture)} passed", p.Left))),
            call.CancellationToken));
    }

    private void RequireSense(CliCall call)
    {
        if (call.Get(_teacher) is SynthesisWork.Oracle && call.Get(_prompts) is not null)
        {
            throw new CliException(
                ExitCode.Usage, "--teacher oracle knows the miniature world's own training prompts alone: leave out --prompts, or name a chat model.");
        }

        if (new[] { _outside, _requests, _mistaken }.FirstOrDefault(share => call.Get(share) is not (>= 0 and <= 1)) is { } wrong)
        {
            throw new CliException(
                ExitCode.Usage, string.Create(CultureInfo.InvariantCulture, $"{wrong.Name} is {call.Get(wrong)}: a share is a number from 0 to 1."));
        }
    }

    private SynthesisOptions Options(CliCall call) => new()
    {
        Seed = call.Get(_seed),
        Count = call.Get(_count),
        Rounds = call.Get(_rounds),
        Steps = call.Get(_steps),
        OwnWordsShare = call.Get(_ownWords),
        LostAttributeShare = call.Get(_lost),
        WrongAttributeShare = call.Get(_wrong),
        FailedCallShare = call.Get(_failed),
        Instructions = call.Get(_teacher) is SynthesisWork.Oracle ? MicroInstructions.Text : null,
    };
}
