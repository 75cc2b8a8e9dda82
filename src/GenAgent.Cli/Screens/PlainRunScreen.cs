using System.Globalization;
using GenAgent.Agents;
using GenAgent.Cli.Hosting;
using GenAgent.Hosting.Runs;
using GenAgent.Judging;

namespace GenAgent.Cli.Screens;

/// <summary>Shows a run as plain lines, for log files and pipes: one line an event, nothing drawn over.</summary>
internal sealed class PlainRunScreen(TextWriter writer) : IRunObserver
{
    // A thought may be pages long; the trajectory keeps all of it.
    private const int LongestLine = 400;

    public void Show(AgentEvent happened)
    {
        if (happened is RunStartedEvent started)
        {
            writer.WriteLine(TerminalText.OneLine($"request: {started.Prompt}", LongestLine));
            return;
        }

        var line = happened switch
        {
            ThoughtEvent { Text: var text } => $"thinks: {text}",
            JudgmentEvent { Judgment: var judgment } => $"judges: {judgment.Text} [{RunWords.Of(judgment.Verdict)}]",
            CallEvent { Call: var call } => $"prompt: {RunWords.PromptOf(call)}",
            ToolTextEvent { Text: var text } => $"tool: {text}",
            ImageEvent { Reference: var image } => $"image: {RunWords.Of(image)}",
            FaultEvent { Fault: var fault } => $"fault: {RunWords.Of(fault.Kind)}: {fault.Message}",
            AnswerEvent { Text: var text } => $"answer: {text}",
            RunCompletedEvent { Result: var result } => $"stopped: {RunWords.Of(result.Trajectory)}",
            _ => null,
        };
        if (line is not null)
        {
            writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"round {happened.Round + 1}: {TerminalText.OneLine(line, LongestLine)}"));
        }
    }

    public void Show(Judgment judgment) => writer.WriteLine(TerminalText.OneLine($"judge: {RunWords.Of(judgment)}", LongestLine));

    public void Finish() => writer.Flush();
}
