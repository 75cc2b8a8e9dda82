using System.Globalization;
using GenAgent.Models;

namespace GenAgent.Torch.Backends;

/// <summary>Numbers among a backend's parameters.</summary>
internal static class BackendNumbers
{
    private const double Gibibyte = 1L << 30;

    /// <summary>The value of a parameter; null where it is not given.</summary>
    /// <exception cref="BackendUriException">The value is not a number of 0 or more.</exception>
    public static double? Number(this BackendContext context, string name)
    {
        if (context.Parameter(name) is not { } text) return null;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number is >= 0 and < int.MaxValue
            ? number
            : throw new BackendUriException($"\"{context.Uri}\": {name}={text} is not a number of 0 or more.");
    }

    /// <summary>The value of a parameter that counts something; null where it is not given.</summary>
    /// <exception cref="BackendUriException">The value is not a number of 0 or more.</exception>
    public static int? Count(this BackendContext context, string name) => context.Number(name) is { } number ? (int)number : null;

    /// <summary>The value of a parameter in GiB, as bytes; null where it is not given.</summary>
    /// <exception cref="BackendUriException">The value is not a number of 0 or more.</exception>
    public static long? Gibibytes(this BackendContext context, string name) => context.Number(name) is { } number ? (long)(number * Gibibyte) : null;
}
