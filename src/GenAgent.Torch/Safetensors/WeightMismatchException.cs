using System.Text;

namespace GenAgent.Torch.Safetensors;

/// <summary>A tensor whose shape differs between model and checkpoint.</summary>
/// <param name="Name">Its name in the checkpoint.</param>
/// <param name="Expected">The model's shape.</param>
/// <param name="Actual">The checkpoint's shape.</param>
public sealed record ShapeMismatch(string Name, IReadOnlyList<long> Expected, IReadOnlyList<long> Actual);

/// <summary>A checkpoint does not fit a model; lists everything that does not.</summary>
public sealed class WeightMismatchException : Exception
{
    private const int Listed = 20;

    /// <summary>Creates the exception with a general message and nothing listed.</summary>
    public WeightMismatchException()
        : this("The checkpoint does not fit the model.")
    {
    }

    /// <summary>Creates the exception with a message and nothing listed.</summary>
    /// <param name="message">What happened, and what to do.</param>
    public WeightMismatchException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message and a cause, and nothing listed.</summary>
    /// <param name="message">What happened, and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public WeightMismatchException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Creates the exception for a checkpoint at <paramref name="location"/>.</summary>
    /// <param name="location">The checkpoint.</param>
    /// <param name="missing">Names that it lacks.</param>
    /// <param name="unexpected">Names that nothing asks for.</param>
    /// <param name="shapeMismatches">A sentence for each tensor of another shape.</param>
    public WeightMismatchException(
        string location,
        IReadOnlyList<string> missing,
        IReadOnlyList<string> unexpected,
        IReadOnlyList<ShapeMismatch> shapeMismatches)
        : base(Describe(location, missing, unexpected, shapeMismatches))
    {
        Missing = missing;
        Unexpected = unexpected;
        ShapeMismatches = shapeMismatches;
    }

    /// <summary>Names that the model has and the checkpoint lacks.</summary>
    public IReadOnlyList<string> Missing { get; } = [];

    /// <summary>Names that the checkpoint has and the model lacks.</summary>
    public IReadOnlyList<string> Unexpected { get; } = [];

    /// <summary>Tensors that both have, in different shapes.</summary>
    public IReadOnlyList<ShapeMismatch> ShapeMismatches { get; } = [];

    private static string Describe(
        string location, IReadOnlyList<string> missing, IReadOnlyList<string> unexpected, IReadOnlyList<ShapeMismatch> shapeMismatches)
    {
        ArgumentNullException.ThrowIfNull(missing);
        ArgumentNullException.ThrowIfNull(unexpected);
        ArgumentNullException.ThrowIfNull(shapeMismatches);
        var text = new StringBuilder($"{location}: the checkpoint does not fit the model.");
        Append(text, "missing from the checkpoint", missing);
        Append(text, "unknown to the model", unexpected);
        text.Append(QuantizedCheckpoint.Describe(unexpected));
        Append(
            text,
            "of another shape",
            [.. shapeMismatches.Select(one => $"{one.Name} (model [{string.Join(", ", one.Expected)}], checkpoint [{string.Join(", ", one.Actual)}])")]);
        return text.ToString();
    }

    private static void Append(StringBuilder text, string what, IReadOnlyList<string> names)
    {
        if (names.Count > 0)
        {
            text.Append(CultureInvariant($" {names.Count} {what}: {string.Join(", ", names.Take(Listed))}"));
            text.Append(names.Count > Listed ? ", ..." : ".");
        }
    }

    private static string CultureInvariant(FormattableString text) => FormattableString.Invariant(text);
}
