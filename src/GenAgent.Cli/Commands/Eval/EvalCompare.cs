using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using GenAgent.Cli.Hosting;
using GenAgent.Evaluation.Reports;
using GenAgent.Micro.Training.Plots;
using GenAgent.Storage;

namespace GenAgent.Cli.Commands.Eval;

/// <summary><c>genagent eval compare</c>: is another evaluation better than the first, prompt by prompt and seed by seed?</summary>
internal sealed class EvalCompare : ICliCommand
{
    public Command Build(CliHost host, GlobalFlags flags)
    {
        var first = new Argument<string>("first") { Description = "The folder of an evaluation." };
        var others = new Argument<string[]>("others") { Description = "Folders of others, over the same prompts and seeds; each is compared with the first.", Arity = ArgumentArity.OneOrMore };
        var plot = new Option<string?>("--plot") { Description = "Writes a plot of all, as FILE.png and FILE.svg.", HelpName = "FILE" };
        var json = JsonFlag.Create();
        var command = new Command("compare", "Compares evaluations over the same prompts and seeds.") { first, others, plot, json };
        command.SetAction(parsed =>
        {
            var found = parsed.GetRequiredValue(others).Select(other => EvaluationComparison.Of(host.FullPath(parsed.GetRequiredValue(first)), host.FullPath(other))).ToList();
            foreach (var comparison in found)
            {
                host.WriteResult(parsed.GetValue(json)
                    ? JsonSerializer.Serialize(new { schema = "genagent.eval_compare/1", comparison }, SnakeCaseJson.Options)
                    : InWords(comparison));
            }

            if (parsed.GetValue(plot) is { } path)
            {
                var extension = Path.GetExtension(path) is ".png" or ".svg" ? Path.GetExtension(path).Length : 0;
                EvaluationPlots.Bars(host.FullPath(path[..^extension]), "success", [(found[0].First, found[0].FirstSuccess, found[0].FirstInterval), .. found.Select(f => (f.Second, f.SecondSuccess, f.SecondInterval))]);
            }

            return (int)ExitCode.Success;
        });
        return command;
    }

    private static string InWords(EvaluationComparison found) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        {found.FirstSuccess:F3}  {TerminalText.Clean(found.First)}
        {found.SecondSuccess:F3}  {TerminalText.Clean(found.Second)}
        mean value {found.ValueDifference:+0.000;-0.000} (95 % {found.ValueInterval:+0.000;-0.000})
        difference {found.Difference:+0.000;-0.000} (95 % {found.Interval:+0.000;-0.000}) over {found.Prompts} prompts{(found.Failed > 0 ? $"; {found.Failed} pairs left out, as a judgement failed" : string.Empty)}
        images that only the first passed {found.Images.OnlyFirst}, only the second {found.Images.OnlySecond}; McNemar exact p {found.Images.ExactP:G3}
        """);
}
