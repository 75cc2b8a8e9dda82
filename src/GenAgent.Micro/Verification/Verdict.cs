using GenAgent.Judging;

namespace GenAgent.Micro.Verification;

/// <summary>What went wrong in an image. The names stand in reports: append, never rename.</summary>
public enum ErrorKind
{
    /// <summary>An object that was asked for is not there, nor anything in its stead.</summary>
    Missing,

    /// <summary>More objects of a kind than were asked for.</summary>
    Doubled,

    /// <summary>The right class in another colour.</summary>
    WrongColor,

    /// <summary>The right colour on another class.</summary>
    WrongClass,

    /// <summary>An object that nobody asked for.</summary>
    Extra,

    /// <summary>The right objects, wrongly arranged.</summary>
    WrongPlace,

    /// <summary>The right objects, of wrong sizes.</summary>
    WrongSize,

    /// <summary>Something that cannot be told: half-made, mixed or broken.</summary>
    Unclear,

    /// <summary>Another background than was asked for.</summary>
    WrongBackground,

    /// <summary>An object that was not to be there, though its class was asked for.</summary>
    Forbidden,
}

/// <summary>An image held against what it was to show.</summary>
/// <param name="Checks">Every constraint with what was expected and found.</param>
/// <param name="Errors">The errors, one entry each; empty exactly when every check passed.</param>
public sealed record Verdict(IReadOnlyList<Check> Checks, IReadOnlyList<ErrorKind> Errors)
{
    /// <summary>The strict verdict: every check passed.</summary>
    public bool Passed => Checks.All(c => c.Passed);

    /// <summary>The share of the checks that passed, in [0, 1].</summary>
    public double Share => Checks.Count == 0 ? 1 : Checks.Count(c => c.Passed) / (double)Checks.Count;

    /// <summary>Why, in words: the failed checks, or that everything is there.</summary>
    public string Reason => Passed
        ? "Everything that was asked for is there, and nothing else."
        : string.Join(" ", Checks.Where(c => !c.Passed).Select(c => $"{c.Question}: expected {c.Expected}, found {c.Found}."));
}
