using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using GenAgent.Cli.Hosting;
using GenAgent.Evaluation.Reports;
using GenAgent.Storage;

namespace GenAgent.Cli.Commands.Eval;

/// <summary><c>genagent eval compare</c>: is the second evaluation better than the first, prompt by prompt and seed by seed?</summary>
internal sealed class EvalCompare : ICliCommand
{
    public Command Build(CliHost host, GlobalFlags flags)
    {
        var first = new Argument<string>("first") { Description = "The folder of an evaluation." };
        var second = new Argument<string>("second") { Description = "The folder of another one, over the same prompts and seeds." };
        var json = JsonFlag.Create();
        var command = new Command("compare", "Compares two evaluations over the same prompts and seeds.") { first, second, json };
        command.SetAction(parsed =>
        {
            var found = EvaluationComparison.Of(host.FullPath(parsed.GetRequiredValue(first)), host.FullPath(parsed.GetRequiredValue(second)));
            host.WriteResult(parsed.GetValue(json)
                ? JsonSerializer.Serialize(new { schema = "genagent.eval_compare/1", comparison = found }, SnakeCaseJson.Options)
                : InWords(found));
            return (int)ExitCode.Success;
        });
        return command;
    }

    private static string InWords(EvaluationComparison found) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        {found.FirstSuccess:F3}  {TerminalText.Clean(found.First)}
        {found.SecondSuccess:F3}  {TerminalText.Clean(found.Second)}
        difference {found.Difference:+0.000;-0.000} (95 % {found.Interval:+0.000;-0.000}) over {found.Prompts} prompts
        images that only the first passed {found.Images.OnlyFirst}, only the second {found.Images.OnlySecond}; McNemar exact p {found.Images.ExactP:G3}
        """);
}
