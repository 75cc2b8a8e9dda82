using System.CommandLine;
using GenAgent.Cli.Hosting;
using GenAgent.Micro.Language;

namespace GenAgent.Cli.Commands.Data;

/// <summary><c>genagent data requests</c>: requests of the miniature world's language with their meanings, for whoever extends its files.</summary>
internal sealed class DataRequests : ICliCommand
{
    public Command Build(CliHost host, GlobalFlags flags)
    {
        var count = new Option<int>("--count") { Description = "How many.", HelpName = "N", DefaultValueFactory = _ => 20 };
        var seed = new Option<ulong>("--seed") { Description = "Where all randomness comes from.", HelpName = "N", DefaultValueFactory = _ => 1UL };
        var topic = new Option<string?>("--topic") { Description = "Of one topic alone: the name of a file of frames.", HelpName = "NAME" };
        var validation = new Option<bool>("--validation") { Description = "Of the frames that are never trained on." };
        var command = new Command("requests", "Shows requests of the miniature world's language (docs/language.md), each with its meaning and the frame that it comes from.") { count, seed, topic, validation };
        command.SetAction(parsed =>
        {
            IEnumerable<RequestSample> samples;
            try
            {
                samples = RequestSample.Draw(parsed.GetValue(seed), parsed.GetValue(count), parsed.GetValue(topic), parsed.GetValue(validation));
            }
            catch (ArgumentException fault)
            {
                throw new CliException(ExitCode.Usage, fault.Message);
            }

            foreach (var sample in samples)
            {
                host.WriteResult($"{sample.Text.ReplaceLineEndings(" / ")}\n    {string.Concat(sample.Facts.Select(fact => $"{fact}. "))}{sample.Meaning}    [{sample.Source}]");
            }

            return (int)ExitCode.Success;
        });
        return command;
    }
}
