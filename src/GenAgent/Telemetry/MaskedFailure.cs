using GenAgent.Models;

namespace GenAgent.Telemetry;

/// <summary>Replaces an exception whose message contains a known secret.</summary>
internal static class MaskedFailure
{
    /// <summary>Whether the exception's message contains a secret.</summary>
    public static bool Has(Exception failure, SecretMask mask)
    {
        var all = failure.ToString();
        return failure is not OperationCanceledException && !string.Equals(mask.MaskValues(all), all, StringComparison.Ordinal);
    }

    /// <summary>The exception to throw instead. The original is not an inner exception, because a log would print it.</summary>
    public static Exception Of(Exception failure, SecretMask mask)
    {
        var message = mask.MaskValues(failure.Message);
        return failure switch
        {
            BackendException backend => backend.Say(message, mask),
            InvalidDataException => new InvalidDataException(message),
            _ => new BackendAnswerException(message),
        };
    }
}
