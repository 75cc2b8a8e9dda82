using GenAgent.Models;

namespace GenAgent.Telemetry;

/// <summary>A failure whose words hold a known secret, said again without it.</summary>
internal static class MaskedFailure
{
    /// <summary>Whether the failure's words hold a secret.</summary>
    public static bool Has(Exception failure, SecretMask mask)
    {
        var all = failure.ToString();
        return failure is not OperationCanceledException && !string.Equals(mask.MaskValues(all), all, StringComparison.Ordinal);
    }

    /// <summary>The failure to throw instead. The original is not kept: a log would print it.</summary>
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
