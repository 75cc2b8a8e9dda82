using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using GenAgent.Agents;
using GenAgent.Cli.Hosting;
using GenAgent.Evaluation.JudgeChecks;
using GenAgent.Hosting.Composition;
using GenAgent.Hosting.Configuration;
using GenAgent.Judging;
using GenAgent.Micro.Benchmarks;
using GenAgent.Storage;

namespace GenAgent.Cli.Commands.Eval;

/// <summary><c>genagent eval judge-check</c>: what a judge is worth, by images of the miniature world, whose truth is known.</summary>
internal sealed class EvalJudgeCheck : ICliCommand
{
    public Command Build(CliHost host, GlobalFlags flags)
    {
        var judge = new Option<string?>("--judge") { Description = "The judge: a chat model that sees images, or a program such as verifier.", HelpName = "URI" };
        var agent = new Option<string?>("--agent") { Description = "An agent's model instead: its own verdict within the loop is tried.", HelpName = "URI" };
        var count = new Option<int>("--count") { Description = "Images, half of them right.", HelpName = "N", DefaultValueFactory = _ => 200 };
        var repeats = new Option<int>("--repeats") { Description = "How often each is judged: more than once shows drift.", HelpName = "N", DefaultValueFactory = _ => 1 };
        var pairs = new Option<int>("--pairs") { Description = "Pairs that a chat model compares, in both orders.", HelpName = "N", DefaultValueFactory = _ => 0 };
        var seed = new Option<ulong>("--seed") { Description = "Where the images come from.", HelpName = "N", DefaultValueFactory = _ => 1UL };
        var jobs = new Option<int>("--jobs") { Description = "Judgments at once.", HelpName = "N", DefaultValueFactory = _ => 8 };
        var json = JsonFlag.Create();
        var command = new Command("judge-check", "Tries a judge on images whose truth is known.") { judge, agent, count, repeats, pairs, seed, jobs, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (uri, agentUri) = (parsed.GetValue(judge), parsed.GetValue(agent));
            if (uri is null == agentUri is null || parsed.GetValue(count) < 2 || parsed.GetValue(repeats) < 1)
            {
                throw new CliException(ExitCode.Usage, "Name one of --judge URI and --agent URI; --count is 2 or more, --repeats 1 or more.");
            }

            var settings = flags.Read(host, parsed);
            var registry = BackendComposition.Create(host, settings);
            var made = JudgeCheckImages.Pairs(Math.Max((parsed.GetValue(count) + 1) / 2, parsed.GetValue(pairs)), parsed.GetValue(seed));
            var program = uri is not null && registry.IsJudge(uri) ? await registry.CreateJudgeAsync(uri, cancellationToken) : null;
            using var chat = program is null ? await registry.CreateChatClientAsync(uri ?? agentUri!, cancellationToken) : null;
            var options = settings.Get<JudgingOptions>(JudgingOptions.SectionName).ToChatOptions();
            var tried = program ?? (agentUri is not null ? new AgentJudge(chat!, settings.Get<ImageAgentOptions>(ImageAgentOptions.SectionName), agentUri) : new PointwiseJudge(chat!, options));
            var images = made.Take((parsed.GetValue(count) + 1) / 2).SelectMany(p => new[] { p.Right, p.Wrong }).Take(parsed.GetValue(count)).ToList();
            var report = await JudgeCheck.RunAsync(tried, images, parsed.GetValue(repeats), parsed.GetValue(jobs), progress: null, cancellationToken);
            if (parsed.GetValue(pairs) > 0 && agentUri is null)
            {
                IPairwiseJudge pairwise = program is not null ? new ScorePairwiseJudge(program) : new PairwiseJudge(chat!, options);
                report = report with { Pairs = await JudgeCheck.ComparePairsAsync(pairwise, [.. made.Take(parsed.GetValue(pairs))], parsed.GetValue(jobs), cancellationToken) };
            }

            host.WriteResult(parsed.GetValue(json) ? JsonSerializer.Serialize(new { schema = "genagent.judge_check/1", report }, SnakeCaseJson.Options) : InWords(report));
            return (int)ExitCode.Success;
        });
        return command;
    }

    private static string InWords(JudgeCheckReport report)
    {
        var drift = report.Drift is { } changed ? string.Create(CultureInfo.InvariantCulture, $"; {changed:P1} changed when asked again") : string.Empty;
        var pairs = report.Pairs is { } p
            ? string.Create(CultureInfo.InvariantCulture, $"\nof {p.Pairs} pairs the right image won {p.Right:P1}; the order decided in {p.OrdersDisagree:P1}; {p.Failed} failed")
            : string.Empty;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            {TerminalText.Clean(report.Judge)}: {report.Images} images, {report.Failed} judgments failed
            balanced accuracy {report.Accuracy:F3}; passes {report.FalsePasses:P1} of wrong images ({report.FalsePassInterval:P1}), fails {report.FalseFails:P1} of right ones ({report.FalseFailInterval:P1}){drift}{pairs}
            {report.Finding}
            """) + string.Concat(report.Failures.Select(reason => $"\nfailed: {TerminalText.Clean(reason)}"));
    }
}
