using System.Globalization;
using GenAgent.Trajectories;

namespace GenAgent.Training.Synthesis;

/// <summary>A trajectory that was made as training data, with what was noted of it: the labels and rewards that <see cref="Synthesizer"/> writes. Immutable.</summary>
/// <param name="Trajectory">The trajectory.</param>
public sealed record SynthesisSample(Trajectory Trajectory)
{
    /// <summary>The label of the trajectory's index.</summary>
    public const string IndexLabel = "index";

    /// <summary>The label of the prompt's category.</summary>
    public const string CategoryLabel = "category";

    /// <summary>The label of the prompt's name.</summary>
    public const string PromptLabel = "prompt";

    /// <summary>The label of how the first turn went.</summary>
    public const string FirstTryLabel = "first_try";

    /// <summary>The label of the first round that is fit to be learned from: 1 where the first turn was made worse, else 0.</summary>
    public const string LearnFromLabel = "learn_from";

    /// <summary>The label that tells whether the prompt can be drawn: <c>yes</c> or <c>no</c>.</summary>
    public const string DrawableLabel = "drawable";

    /// <summary>Which trajectory, from 0.</summary>
    public long Index => long.Parse(Label(IndexLabel), CultureInfo.InvariantCulture);

    /// <summary>The prompt's category.</summary>
    public string Category => Label(CategoryLabel);

    /// <summary>How the first turn went.</summary>
    public FirstTry FirstTry => Enum.Parse<FirstTry>(Label(FirstTryLabel));

    /// <summary>The first round of a trajectory that is fit to be learned from; 0 where none is named.</summary>
    /// <exception cref="InvalidDataException">The label is no number.</exception>
    public static int LearnFrom(Trajectory trajectory)
    {
        ArgumentNullException.ThrowIfNull(trajectory);
        if (trajectory.Labels?.GetValueOrDefault(LearnFromLabel) is not { } label) return 0;
        return int.TryParse(label, NumberStyles.None, CultureInfo.InvariantCulture, out var round)
            ? round
            : throw new InvalidDataException($"Trajectory {trajectory.Id} has the label \"{LearnFromLabel}\" of \"{label}\": it takes the number of a round.");
    }

    /// <summary>Whether the prompt can be drawn.</summary>
    public bool Drawable => string.Equals(Label(DrawableLabel), "yes", StringComparison.Ordinal);

    /// <summary>The rounds that showed an image, in order, with the judge's score; null where the judge could not judge.</summary>
    public IReadOnlyList<(Round Round, AttemptScore? Score)> Attempts => [.. Trajectory.Rounds.Where(r => r.Shown is not null)
        .Select((r, i) => (r, AttemptScore.Read(Trajectory.Rewards, i + 1)))];

    private string Label(string name) => Trajectory.Labels?.GetValueOrDefault(name)
        ?? throw new InvalidDataException($"Trajectory {Trajectory.Id} has no label \"{name}\": it was not made by data synth.");
}

/// <summary>What the judge says of a shown image.</summary>
/// <param name="Value">How well it meets the prompt, in [0, 1].</param>
/// <param name="Passed">The strict verdict.</param>
public sealed record AttemptScore(double Value, bool Passed)
{
    /// <summary>Notes the score of an image, numbered from 1, among a trajectory's rewards.</summary>
    internal void Write(IDictionary<string, double> rewards, int number)
    {
        rewards[ValueKey(number)] = Value;
        rewards[PassedKey(number)] = Passed ? 1 : 0;
    }

    internal static AttemptScore? Read(IReadOnlyDictionary<string, double>? rewards, int number) =>
        rewards is not null && rewards.TryGetValue(ValueKey(number), out var value) && rewards.TryGetValue(PassedKey(number), out var passed)
            ? new(value, passed > 0.5)
            : null;

    private static string ValueKey(int number) => string.Create(CultureInfo.InvariantCulture, $"image_{number}");

    private static string PassedKey(int number) => string.Create(CultureInfo.InvariantCulture, $"image_{number}_passed");
}
