using GenAgent.Hosting.Configuration;
using GenAgent.Models;

namespace GenAgent.Hosting.Doctor;

/// <summary>
/// Something that <c>genagent doctor</c> looks at: one file that implements this, and one line in the list of the program that runs the checks.
/// </summary>
public interface ICheck
{
    /// <summary>What is looked at, in a word or two.</summary>
    string Name { get; }

    /// <summary>Looks. An exception counts as a fault, and is shown.</summary>
    /// <param name="context">What it may look at.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>What was found, and what to do about it.</returns>
    Task<Finding> RunAsync(CheckContext context, CancellationToken cancellationToken);
}

/// <summary>What a check may look at.</summary>
/// <param name="Host">The program's environment.</param>
/// <param name="Settings">The configuration.</param>
/// <param name="Registry">Makes the backends.</param>
public sealed record CheckContext(HostEnvironment Host, Settings Settings, BackendRegistry Registry);

/// <summary>What a check found.</summary>
/// <param name="Level">How bad it is.</param>
/// <param name="Detail">What was found.</param>
/// <param name="Fix">What to do about it; null when there is nothing to do.</param>
public sealed record Finding(FindingLevel Level, string Detail, string? Fix = null)
{
    /// <summary>What a check finds; an exception of it is a fault.</summary>
    /// <param name="check">The check.</param>
    /// <param name="context">What it may look at.</param>
    /// <param name="cancellationToken">Stops looking.</param>
    /// <returns>The finding; secrets are masked in what an exception says.</returns>
    public static async Task<Finding> OfAsync(ICheck check, CheckContext context, CancellationToken cancellationToken)
    {
        try
        {
            return await check.RunAsync(context, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            return Fault(context.Settings.SecretMask.Mask(ErrorMessages.Of(e)), "Do what the sentence before says, and run genagent doctor again.");
        }
    }

    /// <summary>All is well.</summary>
    /// <param name="detail">What was found.</param>
    /// <returns>The finding.</returns>
    public static Finding Ok(string detail) => new(FindingLevel.Ok, detail);

    /// <summary>Worth knowing; nothing is broken.</summary>
    /// <param name="detail">What was found.</param>
    /// <param name="fix">What to do about it; null for nothing.</param>
    /// <returns>The finding.</returns>
    public static Finding Note(string detail, string? fix = null) => new(FindingLevel.Note, detail, fix);

    /// <summary>Something will not work.</summary>
    /// <param name="detail">What was found.</param>
    /// <param name="fix">What to do about it.</param>
    /// <returns>The finding.</returns>
    public static Finding Fault(string detail, string fix) => new(FindingLevel.Fault, detail, fix);
}

/// <summary>How bad a finding is.</summary>
public enum FindingLevel
{
    /// <summary>All is well.</summary>
    Ok,

    /// <summary>Worth knowing; nothing is broken.</summary>
    Note,

    /// <summary>Something will not work.</summary>
    Fault,
}
