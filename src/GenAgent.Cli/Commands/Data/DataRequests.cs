using System.CommandLine;
using GenAgent.Cli.Hosting;
using GenAgent.Micro.Language;

namespace GenAgent.Cli.Commands.Data;

/// <summary><c>genagent data requests</c>: requests of the miniature world's language with their meanings, for whoever extends its files.</summary>
internal sealed class DataRequests() : CliCommand(
    "requests", "Shows requests of the miniature world's language (docs/language.md), each with its meaning and the frame that it comes from.")
{
    private readonly Option<int> _count = Flag.Of("--count", "N", "How many.", 20);
    private readonly Option<ulong> _seed = Flag.Seed();
    private readonly Option<string?> _topic = Flag.Of<string?>("--topic", "NAME", "Of one topic alone: the name of a file of frames.");
    private readonly Option<bool> _validation = Flag.Switch("--validation", "Of the frames that are never trained on.");

    protected override Task<ExitCode> RunAsync(CliCall call)
    {
        foreach (var sample in RequestSample.Draw(call.Get(_seed), call.Get(_count), call.Get(_topic), call.Get(_validation)))
        {
            var facts = string.Concat(sample.Facts.Select(fact => $"{fact}. "));
            call.Host.WriteResult($"{sample.Text.ReplaceLineEndings(" / ")}\n    {facts}{sample.Meaning}    [{sample.Source}]");
        }

        return Success;
    }
}
