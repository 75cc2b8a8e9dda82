using GenAgent.Evaluation.Properties;
using Spectre.Console;
using static System.FormattableString;

namespace GenAgent.Cli.Screens;

/// <summary>Shows the three properties of an agent, a table each.</summary>
internal static class PropertyScreen
{
    public static void Write(IAnsiConsole console, PropertyReport report)
    {
        var tools = Tables.Framed("over tools", "generator", "alone", "95 %", "with the agent", "95 %", "gain", "95 %");
        foreach (var t in report.Tools)
        {
            tools.AddRow(
                Markup.Escape(t.Generator + (t.Trained ? " (trained)" : string.Empty)), Invariant($"{t.Alone:F3}"), Invariant($"{t.AloneInterval:F3}"),
                Invariant($"{t.WithAgent:F3}"), Invariant($"{t.WithAgentInterval:F3}"), Invariant($"{t.Gain:+0.000;-0.000}"),
                Invariant($"{t.GainInterval:+0.000;-0.000}"));
        }

        var rounds = Tables.Framed("over rounds", "generator", "at most", "success", "95 %", "best so far", "images", "later worse", "later better");
        foreach (var r in report.Rounds)
        {
            rounds.AddRow(
                Markup.Escape(r.Generator), Invariant($"{r.Limit}"), Invariant($"{r.Success:F3}"), Invariant($"{r.Interval:F3}"),
                Invariant($"{r.BestSoFar:F3}"), Invariant($"{r.Images:F2}"), Invariant($"{r.LaterWorse:F3}"), Invariant($"{r.LaterBetter:F3}"));
        }

        var efforts = Tables.Framed(
            "by task", "prompts", "runs", "thinking words", "tokens", "turns", "images", "stop at 1, 2, ... images", "success");
        foreach (var e in report.Categories.Concat(report.Difficulties))
        {
            efforts.AddRow(
                Markup.Escape(e.Name), Invariant($"{e.Runs}"), Invariant($"{e.ThinkingWords:F1}"), Invariant($"{e.OutputTokens:F0}"),
                    Invariant($"{e.Rounds:F2}"),
                Invariant($"{e.Images:F2}"), string.Join(' ', e.ImageShares.Select(s => Invariant($"{s:F2}"))), Invariant($"{e.Success:F3}"));
        }

        console.Write(tools);
        console.Write(rounds);
        console.Write(efforts);
    }
}
