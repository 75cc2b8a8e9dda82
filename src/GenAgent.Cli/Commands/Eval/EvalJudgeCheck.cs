using System.CommandLine;
using System.Globalization;
using GenAgent.Agents;
using GenAgent.Cli.Hosting;
using GenAgent.Evaluation.JudgeChecks;
using GenAgent.Hosting.Composition;
using GenAgent.Hosting.Configuration;
using GenAgent.Judging;
using GenAgent.Micro.Benchmarks;

namespace GenAgent.Cli.Commands.Eval;

/// <summary><c>genagent eval judge-check</c>: what a judge is worth, by images of the miniature world, whose truth is known.</summary>
internal sealed class EvalJudgeCheck() : CliCommand("judge-check", "Tries a judge on images whose truth is known.")
{
    private readonly Option<string?> _judge = BackendFlag.Judge("The judge: a chat model that sees images, or a program such as verifier");
    private readonly Option<string?> _agent = BackendFlag.Chat("--agent", "An agent's model instead, whose own verdict within the loop is tried");
    private readonly Option<int> _count = Flag.Of("--count", "N", "Images, half of them right.", 200);
    private readonly Option<int> _repeats = Flag.Of("--repeats", "N", "How often each is judged: more than once shows drift.", 1);
    private readonly Option<int> _pairs = Flag.Of("--pairs", "N", "Pairs that a chat model compares, in both orders.", 0);
    private readonly Option<ulong> _seed = Flag.Of("--seed", "N", "Where the images come from.", 1UL);
    private readonly Option<int> _jobs = Flag.Of("--jobs", "N", "Judgments at once.", 8);
    private readonly Option<bool> _json = Flag.Json();

    protected override async Task<ExitCode> RunAsync(CliCall call)
    {
        var (uri, agent, count, pairs) = (call.Get(_judge), call.Get(_agent), call.Get(_count), call.Get(_pairs));
        if (uri is null == agent is null || count < 2 || call.Get(_repeats) < 1)
        {
            throw new CliException(ExitCode.Usage, "Name one of --judge URI and --agent URI; --count is 2 or more, --repeats 1 or more.");
        }

        var settings = call.Settings();
        var registry = BackendComposition.Create(call.Host, settings);
        var half = (count + 1) / 2;
        var made = JudgeCheckImages.Pairs(Math.Max(half, pairs), call.Get(_seed));
        var program = uri is not null && registry.IsJudge(uri) ? await registry.CreateJudgeAsync(uri, call.CancellationToken) : null;
        using var chat = program is null ? await registry.CreateChatClientAsync(uri ?? agent!, call.CancellationToken) : null;
        var options = settings.Get<JudgingOptions>(JudgingOptions.SectionName).ToChatOptions();
        var tried = program
            ?? (agent is not null
                ? new AgentJudge(chat!, settings.Get<ImageAgentOptions>(ImageAgentOptions.SectionName), agent)
                : new PointwiseJudge(chat!, options));
        var images = made.Take(half).SelectMany(p => new[] { p.Right, p.Wrong }).Take(count).ToList();
        var report = await JudgeCheck.RunAsync(tried, images, call.Get(_repeats), call.Get(_jobs), progress: null, call.CancellationToken);
        if (pairs > 0 && agent is null)
        {
            IPairwiseJudge pairwise = program is not null ? new ScorePairwiseJudge(program) : new PairwiseJudge(chat!, options);
            report = report with { Pairs = await JudgeCheck.ComparePairsAsync(pairwise, [.. made.Take(pairs)], call.Get(_jobs), call.CancellationToken) };
        }

        call.Write(_json, new { schema = "genagent.judge_check/1", report }, () => call.Host.WriteResult(InWords(report)));
        return ExitCode.Success;
    }

    private static string InWords(JudgeCheckReport report)
    {
        var drift = report.Drift is { } changed ? string.Create(CultureInfo.InvariantCulture, $"; {changed:P1} changed when asked again") : string.Empty;
        var pairs = report.Pairs is { } p
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"\nof {p.Pairs} pairs the right image won {p.Right:P1}; the order decided in {p.OrdersDisagree:P1}; {p.Failed} failed")
            : string.Empty;
        var passes = string.Create(CultureInfo.InvariantCulture, $"passes {report.FalsePasses:P1} of wrong images ({report.FalsePassInterval:P1})");
        var fails = string.Create(CultureInfo.InvariantCulture, $"fails {report.FalseFails:P1} of right ones ({report.FalseFailInterval:P1})");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            {TerminalText.Clean(report.Judge)}: {report.Images} images, {report.Failed} judgments failed
            balanced accuracy {report.Accuracy:F3}; {passes}, {fails}{drift}{pairs}
            {report.Finding}
            """) + string.Concat(report.Failures.Select(reason => $"\nfailed: {TerminalText.Clean(reason)}"));
    }
}
