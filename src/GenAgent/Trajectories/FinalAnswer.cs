namespace GenAgent.Trajectories;

/// <summary>The image that a run returns, and the rule that chose it.</summary>
/// <param name="ImageId">The image's <see cref="ImageReference.Id"/>.</param>
/// <param name="Round">The round that it was made in.</param>
/// <param name="ChosenBy">The rule that chose it.</param>
/// <param name="Text">The agent's closing words; null if the run ended without.</param>
public sealed record FinalAnswer(string ImageId, int Round, ChoiceRule ChosenBy, string? Text)
{
    /// <summary>The readable file name of the image below the run's folder; null if it has none.</summary>
    public string? File { get; init; }
}

/// <summary>The rules that choose the returned image; the first that applies is used.</summary>
public enum ChoiceRule
{
    /// <summary>The answer names it.</summary>
    Named,

    /// <summary>It is the last image whose verdict is pass.</summary>
    Passed,

    /// <summary>The configured selector chose it.</summary>
    Selected,

    /// <summary>It is the last image.</summary>
    Last,
}
