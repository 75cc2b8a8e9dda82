using System.CommandLine;
using System.Text.Json;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Screens;
using GenAgent.Hosting.Composition;
using GenAgent.Hosting.Configuration;
using GenAgent.Micro.Perception;
using GenAgent.Running;
using GenAgent.Storage;

namespace GenAgent.Cli.Commands.Data;

/// <summary><c>genagent data paint</c>: a generator's own images of training captions, read by the verifier: what an agent must learn to see. The same call goes on where a stopped one ended.</summary>
internal sealed class DataPaint : ICliCommand
{
    public Command Build(CliHost host, GlobalFlags flags)
    {
        var generator = BackendFlag.Images("The image generator, micro unless given");
        var count = new Option<int>("--count") { Description = "Paintings in the folder when all is done.", HelpName = "N", DefaultValueFactory = _ => 1000 };
        var seed = new Option<ulong>("--seed") { Description = "Where all randomness comes from.", HelpName = "N", DefaultValueFactory = _ => 1UL };
        var steps = new Option<int?>("--steps") { Description = "Denoising steps; by default the generator's own number. With fewer, more of the images are unclear.", HelpName = "N" };
        var requests = new Option<double?>("--requests") { Description = "Share that is painted from the plans of requests in free wording (docs/language.md).", HelpName = "X" };
        var jobs = new Option<int>("--jobs") { Description = "Images in the making at once; changes no result.", HelpName = "N", DefaultValueFactory = _ => 16 };
        var target = new Option<string>("--out") { Description = "The folder.", HelpName = "DIR", Required = true };
        var json = JsonFlag.Create();
        var command = new Command("paint", "Paints training captions of the miniature world, and keeps the images with what the verifier reads off them.") { generator, count, seed, steps, requests, jobs, target, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            host.SameCommandResumes = true;
            var settings = flags.Read(host, parsed, [new("Backends:Generator", parsed.GetValue(generator), generator.Name)]);
            var uri = settings.Get<BackendOptions>(BackendOptions.SectionName).Generator;
            var folder = host.FullPath(parsed.GetRequiredValue(target));
            using var loggers = MaskedLogging.Create(host, parsed.GetValue(flags.Verbose));
            using var painter = await BackendComposition.Create(host, settings, loggers).CreateImageGeneratorAsync(uri, cancellationToken);
            var total = parsed.GetValue(count);
            var run = new PaintingRun(painter, new(uri, parsed.GetValue(seed), parsed.GetValue(steps), parsed.GetValue(requests))) { Notice = host.Say };
            var painted = await CountScreen.ShowAsync(host.Screen, "paintings", show => run.RunAsync(
                folder, total, parsed.GetValue(jobs), new Relay<RolloutProgress>(p => show.Report(new(p.Done, p.Total, Left: p.Left))), cancellationToken));
            host.WriteResult(parsed.GetValue(json)
                ? JsonSerializer.Serialize(new { schema = "genagent.data_paint/1", folder = host.ShownPath(folder), painted, count = total }, SnakeCaseJson.Options)
                : host.ShownPath(folder));
            return (int)ExitCode.Success;
        });
        return command;
    }
}
