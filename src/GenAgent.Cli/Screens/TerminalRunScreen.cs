using System.Globalization;
using System.Text;
using GenAgent.Agents;
using GenAgent.Cli.Hosting;
using GenAgent.Hosting.Runs;
using GenAgent.Judging;
using GenAgent.Protocol;
using Spectre.Console;

namespace GenAgent.Cli.Screens;

/// <summary>Shows a run in a terminal: thinking as it streams in, prompt, progress, image and verdict of each round.</summary>
internal sealed class TerminalRunScreen(IAnsiConsole console, ImageProtocol images) : IRunObserver
{
    private const int LabelWidth = 11;
    private const int NarrowWidth = 50;
    private const string VerdictWord = "verdict:";

    private static readonly Style Quiet = new(Color.Grey);

    private readonly ProgressLine _progress = new(console);
    private readonly StringBuilder _judgment = new();
    private TextFlow? _flow;
    private int _round = -1;
    private bool _thoughtShown;
    private bool _judgmentShown;

    public void Show(AgentEvent happened)
    {
        switch (happened)
        {
            case RunStartedEvent started:
                new TextFlow(console, 0, new Style(decoration: Decoration.Bold)).WriteAll(TerminalText.Clean(started.Prompt));
                break;
            case TextDeltaEvent { Section: TurnSection.Judgment } delta:
                StartRound(delta.Round);
                _judgment.Append(delta.Text);
                break;
            case TextDeltaEvent delta:
                ShowJudgment(delta.Round);
                ShowThought(delta);
                break;
            case JudgmentEvent { Judgment: var judgment } judged:
                StartRound(judged.Round, keepFlow: true);
                _judgment.Clear().Append(judgment.Text).Append($"\n{VerdictWord} {RunWords.Of(judgment.Verdict)}");
                ShowJudgment(judged.Round);
                break;
            case ThoughtEvent thought when !_thoughtShown:
                StartRound(thought.Round);
                WriteBlock("thinks", thought.Text, Quiet);
                break;
            case ThoughtEvent:
                Finish();
                break;
            case CallEvent called:
                StartRound(called.Round);
                WriteBlock("prompt", RunWords.PromptOf(called.Call), new Style(Color.Aqua));
                break;
            case ToolTextEvent told:
                WriteBlock("tool", told.Text, Quiet);
                break;
            case ProgressEvent made:
                _progress.Show(made.Candidate, made.Progress);
                break;
            case ImageEvent made:
                Finish();
                WriteBlock("image", RunWords.Of(made.Reference), Style.Plain);
                TerminalImage.Write(console, images, made.Image);
                break;
            case FaultEvent { Fault: var fault } failed:
                StartRound(failed.Round);
                WriteBlock("fault", $"{RunWords.Of(fault.Kind)}: {fault.Message}", new Style(Color.Red));
                break;
            case AnswerEvent answered:
                StartRound(answered.Round);
                WriteBlock("answer", answered.Text, Style.Plain);
                break;
            case RunCompletedEvent { Result.Trajectory: var trajectory }:
                Finish();
                WriteBlock("stopped", RunWords.Of(trajectory), Quiet);
                break;
        }
    }

    public void Show(Judgment judgment)
    {
        Finish();
        WriteBlock("judge", RunWords.Of(judgment), judgment is Score { Passed: true } ? Color.Green : Color.Yellow);
    }

    public void Finish()
    {
        _flow?.End();
        _flow = null;
        _progress.Clear();
    }

    // The events of whole sections come when the turn is over: a judgment is shown as soon as the next section begins.
    private void ShowJudgment(int round)
    {
        if (_judgment.Length == 0 || _judgmentShown)
        {
            return;
        }

        StartRound(round);
        var text = _judgment.ToString().Trim();
        var line = text.LastIndexOf(VerdictWord, StringComparison.OrdinalIgnoreCase);
        WriteBlock("judges", line < 0 ? text : text[..line], Style.Plain);
        if (line >= 0)
        {
            var verdict = text[(line + VerdictWord.Length)..].Trim();
            WriteBlock("verdict", verdict, verdict.Equals("pass", StringComparison.OrdinalIgnoreCase) ? Color.Green : Color.Yellow);
        }

        _judgmentShown = true;
    }

    private void ShowThought(TextDeltaEvent delta)
    {
        if (delta.Section != TurnSection.Thought)
        {
            return;
        }

        StartRound(delta.Round, keepFlow: true);
        _flow ??= StartBlock("thinks", Quiet);
        _thoughtShown = true;
        _flow.Append(TerminalText.Clean(delta.Text));
    }

    private void StartRound(int round, bool keepFlow = false)
    {
        if (!keepFlow || round != _round)
        {
            Finish();
        }

        if (round != _round)
        {
            _round = round;
            (_thoughtShown, _judgmentShown) = (false, false);
            _judgment.Clear();
            console.Write(new Rule(string.Create(CultureInfo.InvariantCulture, $"round {round + 1}")) { Justification = Justify.Left, Style = Quiet });
        }
    }

    private void WriteBlock(string label, string text, Style style)
    {
        Finish();
        StartBlock(label, style).WriteAll(TerminalText.Clean(text));
    }

    // In a narrow terminal the label gets a line of its own, and the text nearly the whole width.
    private TextFlow StartBlock(string label, Style style)
    {
        if (console.Profile.Width < NarrowWidth)
        {
            console.Write(new Text(label, Quiet));
            console.WriteLine();
            console.Write(new Text("  "));
            return new TextFlow(console, 2, style);
        }

        console.Write(new Text($"  {label,-(LabelWidth - 2)}", Quiet));
        return new TextFlow(console, LabelWidth, style);
    }
}
