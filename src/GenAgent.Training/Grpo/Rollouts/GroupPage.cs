using System.Globalization;
using System.Text.Encodings.Web;
using System.Text;
using GenAgent.Storage;
using GenAgent.Trajectories;

namespace GenAgent.Training.Grpo.Rollouts;

/// <summary>
/// A page that shows the groups of a step, the rollouts of each prompt side by side: what the agent thought and asked for, the images, its own verdicts
/// beside the judge's, and what each rollout earned. Images are those of the step's folder; nothing is fetched from elsewhere.
/// </summary>
internal static class GroupPage
{
    /// <summary>The page's name in the step's folder.</summary>
    public const string FileName = "groups.html";

    private const int MostText = 600;

    private const string Style =
        "body{font:14px system-ui;margin:1.5rem;background:Canvas;color:CanvasText;color-scheme:light "
            + "dark}section{margin-bottom:2rem}.group{display:flex;gap:.75rem;overflow-x:auto}"
        + "article{flex:0 0 15rem;border:1px solid #8886;border-radius:6px;padding:.6rem}article "
            + "img{width:96px;height:96px;image-rendering:pixelated}pre{white-space:pre-wrap;font:12px ui-monospace;margin:.3rem 0}"
        + ".right{border-left:4px solid #2a2}.wrong{border-left:4px solid #c33}.reward{font-weight:600}";

    /// <summary>Writes the page.</summary>
    /// <param name="folder">The step's folder.</param>
    /// <param name="groups">All groups that were tried.</param>
    public static void Write(string folder, IReadOnlyList<RolloutGroup> groups)
    {
        var page = new StringBuilder().Append(CultureInfo.InvariantCulture, $"<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Rollouts of "
            + $"{Text(Path.GetFileName(folder))}</title><style>{Style}</style><h1>Rollouts of {Text(Path.GetFileName(folder))}</h1>");
        foreach (var group in groups)
        {
            page.Append(CultureInfo.InvariantCulture,
                $"<section><h2>{Text(group.Task.Text)}</h2><p>{Text(group.Task.Category)}"
                    + $"{(group.IsConstant ? ", dropped: all rewards are equal" : "")}</p>"
                    + $"<div class=\"group\" tabindex=\"0\" role=\"region\" aria-label=\"Rollouts\">");
            foreach (var rollout in group.Rollouts.OrderByDescending(rollout => rollout.Reward)) Add(page, rollout);
            page.Append("</div></section>");
        }

        AtomicFile.Write(Path.Combine(folder, FileName), Encoding.UTF8.GetBytes(page.ToString()));
    }

    private static void Add(StringBuilder page, Rollout rollout)
    {
        var rewards = rollout.Trajectory.Rewards ?? new Dictionary<string, double>(StringComparer.Ordinal);
        page.Append(CultureInfo.InvariantCulture,
            $"<article><div class=\"reward\">{(rollout.Failure is { } failure ? $"does not count: {Text(failure)}" : $"{rollout.Reward:0.###}")}</div>");
        page.Append(CultureInfo.InvariantCulture,
            $"<div>{Text(string.Join(", ", Single(rewards)))}</div>");
        var image = 0;
        foreach (var round in rollout.Trajectory.Rounds)
        {
            page.Append(CultureInfo.InvariantCulture, $"<pre>{Text(Cut(round.Text))}</pre>");
            if (round.Shown is not { } shown) continue;
            var verdict = round.Judgments.Any(judgment => judgment.Passed == true) ? "right" : "wrong";
            page.Append(CultureInfo.InvariantCulture, $"<div class=\"{verdict}\"><img loading=\"lazy\" "
                + $"src=\"{Text(round.Images[shown].Path())}\" alt=\"image {++image}\"> {verdict}</div>");
        }

        page.Append(CultureInfo.InvariantCulture, $"<div>{Text(rollout.Trajectory.StopReason.ToString())}</div></article>");
    }

    private static string Cut(string text) => text.Length <= MostText ? text : $"{text[..MostText]}...";

    private static string Text(string? text) => HtmlEncoder.Default.Encode(text ?? string.Empty);

    private static IEnumerable<string> Single(IReadOnlyDictionary<string, double> rewards) => rewards
        .Where(pair => !string.Equals(pair.Key, Trajectory.TotalReward, StringComparison.Ordinal))
        .Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Key} {pair.Value:0.##}"));
}
