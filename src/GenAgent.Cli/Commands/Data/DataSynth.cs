using System.CommandLine;
using System.Globalization;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Screens;
using GenAgent.Hosting.Composition;
using GenAgent.Hosting.Configuration;
using GenAgent.Micro.Perception;
using GenAgent.Micro.Teaching;
using GenAgent.Micro.Training.Synthesis;
using GenAgent.Models;
using GenAgent.Running;
using GenAgent.Training.Synthesis;
using GenAgent.Training.Synthesis.Filters;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Cli.Commands.Data;

/// <summary>
/// <c>genagent data synth</c>: trajectories of a teacher in the agent's own loop, every image judged. The same call goes on where a stopped one ended.
/// </summary>
internal sealed class DataSynth : ICliCommand
{
    private const string Oracle = "oracle";
    private static readonly SynthesisOptions Defaults = new();

    private readonly Option<string?> _teacher = BackendFlag.Chat("--teacher", "Who writes the turns: oracle (the miniature world), or a chat model", Oracle);
    private readonly Option<string?> _generator = BackendFlag.Images("The image generator, micro unless given");
    private readonly Option<string?> _judge = BackendFlag.Judge("Who judges every image: verifier (the miniature world), or a chat model's URI", MicroBackends.Verifier);
    private readonly Option<string?> _prompts = new("--prompts")
    {
        Description = "A file of prompts, one a line, or JSON with prompt, category, constraints, checklist and reference; without it, the miniature world's "
            + "training prompts.",
        HelpName = "FILE"
    };
    private readonly Option<int> _count = new("--count")
    {
        Description = "Trajectories in the folder when all is done.",
        HelpName = "N",
        DefaultValueFactory = _ => Defaults.Count
    };
    private readonly Option<int> _rounds = new("--rounds")
    {
        Description = "The most rounds that make images.",
        HelpName = "N",
        DefaultValueFactory = _ => Defaults.Rounds
    };
    private readonly Option<int?> _steps = new("--steps")
    {
        Description = "Denoising steps; by default the generator's own number. With fewer there is more to judge and to mend.",
        HelpName = "N"
    };
    private readonly Option<ulong> _seed = new("--seed") { Description = "Where all randomness comes from.", HelpName = "N", DefaultValueFactory = _ => 1UL };
    private readonly Option<int> _jobs = new("--jobs")
    {
        Description = "Trajectories in the making at once; changes no result.",
        HelpName = "N",
        DefaultValueFactory = _ => 16
    };
    private readonly Option<double> _ownWords = Share("--own-words", "Share that begins with the user's own words.", Defaults.OwnWordsShare);
    private readonly Option<double> _lost = Share("--lost-attribute", "Share whose first prompt lost an attribute.", Defaults.LostAttributeShare);
    private readonly Option<double> _wrong = Share("--wrong-attribute", "Share whose first prompt has an attribute wrong.", Defaults.WrongAttributeShare);
    private readonly Option<double> _failed = Share("--failed-call", "Share whose first call fails.", Defaults.FailedCallShare);
    private readonly Option<double> _outside = Share("--outside", "Share of prompts that the miniature world cannot draw.", 0.04);
    private readonly Option<double> _requests = Share("--requests", "Share of the other prompts that are requests in free wording (docs/language.md).", 0);
    private readonly Option<double> _mistaken = Share(
        "--mistaken", "Share of the miniature world's dense prompts of which the generator paints something else, so that judging has to look; 0 to 1.", 0);
    private readonly Option<string> _out = new("--out") { Description = "The folder.", HelpName = "DIR", Required = true };

    private static Option<double> Share(string name, string description, double byDefault) =>
        new(name) { Description = description, HelpName = "X", DefaultValueFactory = _ => byDefault };

    public Command Build(CliHost host, GlobalFlags flags)
    {
        var json = JsonFlag.Create();
        var command = new Command("synth", "Makes trajectories: a teacher thinks, calls, judges and reflects in the agent's place.")
        {
            _teacher, _generator, _judge, _prompts, _count, _rounds, _steps, _seed, _jobs, _ownWords, _lost, _wrong, _failed, _outside, _requests, _mistaken,
            _out, json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            host.SameCommandResumes = true;
            var folder = host.FullPath(parsed.GetRequiredValue(_out));
            await SynthesizeAsync(host, flags, parsed, folder, cancellationToken);
            var statistics = DataStatistics.Of(await FilterRun.ReadAsync(new TrajectoryFolder(folder), cancellationToken));
            if (parsed.GetValue(json))
            {
                host.WriteJson(new { schema = "genagent.data_synth/1", folder = host.ShownPath(folder), statistics });
            }
            else
            {
                DataTables.Write(host.Output, statistics);
                host.WriteResult(host.ShownPath(folder));
            }

            return (int)ExitCode.Success;
        });
        return command;
    }

    private async Task SynthesizeAsync(CliHost host, GlobalFlags flags, ParseResult parsed, string folder, CancellationToken cancellationToken)
    {
        var isOracle = parsed.GetValue(_teacher) is Oracle;
        if (isOracle && parsed.GetValue(_prompts) is not null)
        {
            throw new CliException(
                ExitCode.Usage, "--teacher oracle knows the miniature world's own training prompts alone: leave out --prompts, or name a chat model.");
        }

        foreach (var share in new[] { _outside, _requests, _mistaken })
        {
            if (parsed.GetValue(share) is not (>= 0 and <= 1))
            {
                throw new CliException(
                    ExitCode.Usage, string.Create(CultureInfo.InvariantCulture, $"{share.Name} is {parsed.GetValue(share)}: a share is a number from 0 to 1."));
            }
        }

        var settings = flags.Read(host, parsed,
            [new("Backends:Generator", parsed.GetValue(_generator), _generator.Name), new("Backends:Judge", parsed.GetValue(_judge), _judge.Name)]);
        using var loggers = MaskedLogging.Create(host, parsed.GetValue(flags.Verbose));
        var registry = BackendComposition.Create(host, settings, loggers);
        var generatorUri = settings.Get<BackendOptions>(BackendOptions.SectionName).Generator;
        var mistaken = parsed.GetValue(_mistaken);
        using var generator = new MistakenPainter(await registry.CreateImageGeneratorAsync(generatorUri, cancellationToken), mistaken);
        var judge = await JudgeComposition.CreateAsync(GenAgentOptions.From(settings), registry, host.Time, cancellationToken);
        using var judgeModel = judge?.Chat;
        using var model = isOracle ? null : await registry.CreateChatClientAsync(parsed.GetValue(_teacher)!, cancellationToken);
        ISynthesisPrompts prompts = parsed.GetValue(_prompts) is { } file
            ? new PromptFile(host.FullPath(file))
            : new MicroPrompts(parsed.GetValue(_outside), parsed.GetValue(_requests));
        var synthesizer = new Synthesizer(
            model is null ? new MicroTeacher() : new ChatTeacher(model, parsed.GetValue(_teacher)), generator,
            judge?.Final
                ?? throw new CliException(ExitCode.Usage, "--judge: data synth needs a judge that scores single images: Judging:Kind pointwise or checklist."),
            prompts, Options(parsed, isOracle),
            mistaken > 0 ? string.Create(CultureInfo.InvariantCulture, $"{generatorUri}, {mistaken} mistaken") : generatorUri, settings.SecretMask)
        {
            Notice = host.Say,
            DecidedBy = new RunManifest(string.Empty, 0, new Dictionary<string, string?>(StringComparer.Ordinal))
                .WithModel("teacher", model?.GetService<ModelSource>()).WithModel("judge", judgeModel?.GetService<ModelSource>()).DecidedBy,
        };
        await CountScreen.ShowAsync(host.Screen, "trajectories", show => synthesizer.RunAsync(
            folder, parsed.GetValue(_jobs),
            new Relay<SynthesisProgress>(p => show.Report(new(p.Done, p.Total, $"{p.Passed.ToString(CultureInfo.InvariantCulture)} passed", p.Left))),
            cancellationToken));
    }

    private SynthesisOptions Options(ParseResult parsed, bool isOracle) => new()
    {
        Seed = parsed.GetValue(_seed),
        Count = parsed.GetValue(_count),
        Rounds = parsed.GetValue(_rounds),
        Steps = parsed.GetValue(_steps),
        OwnWordsShare = parsed.GetValue(_ownWords),
        LostAttributeShare = parsed.GetValue(_lost),
        WrongAttributeShare = parsed.GetValue(_wrong),
        FailedCallShare = parsed.GetValue(_failed),
        Instructions = isOracle ? MicroInstructions.Text : null,
    };
}
