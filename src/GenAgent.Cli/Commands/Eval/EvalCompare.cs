using System.CommandLine;
using System.Globalization;
using GenAgent.Cli.Hosting;
using GenAgent.Evaluation.Reports;
using GenAgent.Micro.Training.Plots;

namespace GenAgent.Cli.Commands.Eval;

/// <summary><c>genagent eval compare</c>: is another evaluation better than the first, prompt by prompt and seed by seed?</summary>
internal sealed class EvalCompare() : CliCommand("compare", "Compares evaluations over the same prompts and seeds.")
{
    private readonly Argument<string> _first = Flag.Argument("first", "The folder of an evaluation.");
    private readonly Argument<string[]> _others = Flag.Arguments(
        "others", "Folders of others, over the same prompts and seeds; each is compared with the first.", ArgumentArity.OneOrMore);
    private readonly Option<string?> _plot = Flag.Of<string?>(
        "--plot", "FILE", "Writes plots: FILE of all, FILE-difference of the paired differences, each as PNG and SVG.");
    private readonly Option<bool> _json = Flag.Json();

    protected override Task<ExitCode> RunAsync(CliCall call)
    {
        var host = call.Host;
        var found = call.Get(_others).Select(other => Given.Read(() => EvaluationComparison.Of(call.PathOf(_first), host.FullPath(other)))).ToList();
        foreach (var comparison in found)
        {
            call.Write(_json, new { schema = "genagent.eval_compare/1", comparison }, () => host.WriteResult(InWords(comparison)));
        }

        if (call.Get(_plot) is { } path)
        {
            var extension = Path.GetExtension(path) is ".png" or ".svg" ? Path.GetExtension(path).Length : 0;
            var place = host.FullPath(path[..^extension]);
            EvaluationPlots.Differences(
                $"{place}-difference", "paired difference from the first", [.. found.Select(f => (f.Second, f.Difference, f.Interval))]);
            EvaluationPlots.Bars(
                place, "success",
                [(found[0].First, found[0].FirstSuccess, found[0].FirstInterval), .. found.Select(f => (f.Second, f.SecondSuccess, f.SecondInterval))]);
        }

        return Success;
    }

    private static string InWords(EvaluationComparison found)
    {
        var leftOut = found.Failed > 0 ? $"; {found.Failed} pairs left out, as a judgement failed" : string.Empty;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            {found.FirstSuccess:F3}  {TerminalText.Clean(found.First)}
            {found.SecondSuccess:F3}  {TerminalText.Clean(found.Second)}
            mean value {found.ValueDifference:+0.000;-0.000} (95 % {found.ValueInterval:+0.000;-0.000})
            difference {found.Difference:+0.000;-0.000} (95 % {found.Interval:+0.000;-0.000}) over {found.Prompts} prompts{leftOut}
            images that only the first passed {found.Images.OnlyFirst}, only the second {found.Images.OnlySecond}; McNemar exact p {found.Images.ExactP:G3}
            """);
    }
}
