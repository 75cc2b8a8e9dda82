using GenAgent.Judging;

namespace GenAgent.Micro.Verification;

/// <summary>Kinds of errors in an image. Reports contain the names: append, never rename.</summary>
public enum ErrorKind
{
    /// <summary>A requested object is missing, with nothing in its place.</summary>
    Missing,

    /// <summary>More objects of a kind than were asked for.</summary>
    Doubled,

    /// <summary>The right class in another colour.</summary>
    WrongColor,

    /// <summary>The right colour on another class.</summary>
    WrongClass,

    /// <summary>An object that was not requested.</summary>
    Extra,

    /// <summary>The right objects in a wrong arrangement.</summary>
    WrongPlace,

    /// <summary>The right objects in wrong sizes.</summary>
    WrongSize,

    /// <summary>An unclear object: incomplete, mixed or broken.</summary>
    Unclear,

    /// <summary>Another background than requested.</summary>
    WrongBackground,

    /// <summary>A forbidden object, though its class was requested.</summary>
    Forbidden,
}

/// <summary>An image compared with what it should show.</summary>
/// <param name="Checks">Every constraint with what was expected and found.</param>
/// <param name="Errors">The errors, one entry each; empty exactly if every check passed.</param>
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
