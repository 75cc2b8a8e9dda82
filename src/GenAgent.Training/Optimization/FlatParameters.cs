using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GenAgent.Training.Optimization;

/// <summary>
/// The trainable parameters of one or more modules, moved into one flat buffer that the modules keep using: an optimizer step, an average or a checkpoint
/// then takes a handful of operations for any number of parameters. Not thread-safe for writing; any number of threads may run the modules between steps.
/// Dispose it after the modules' last use.
/// </summary>
public sealed class FlatParameters : IDisposable
{
    // 64 bytes of float32: a parameter's alignment decides which kernel a matrix product uses, so it must not depend on its neighbours.
    private const long Alignment = 16;

    private readonly Parameter[] _parameters;
    private readonly Tensor? _rounded;

    /// <summary>Moves the parameters into a new buffer; frozen parameters stay where they are.</summary>
    /// <param name="parameters">The parameters by name.</param>
    /// <param name="precise">The type of <see cref="Values"/>, if wider than the parameters' own type; the modules then use rounded copies (see
    /// <see cref="Publish"/>).</param>
    /// <exception cref="ArgumentException">No parameter is trainable, a name occurs twice, or dtypes or devices differ.</exception>
    public FlatParameters(IEnumerable<(string Name, Parameter Parameter)> parameters, ScalarType? precise = null)
    {
        ArgumentNullException.ThrowIfNull(parameters);

        // Matrices first, so that weight decay of matrices only is one operation on part of the buffer.
        (string Name, Parameter Parameter)[] trainable = [.. parameters.Where(p => p.Parameter.requires_grad).OrderBy(p => p.Parameter.dim() < 2)];
        if (trainable.Length == 0) throw new ArgumentException("There is no trainable parameter.", nameof(parameters));
        if (trainable.Select(p => p.Name).Distinct(StringComparer.Ordinal).Count() != trainable.Length)
            throw new ArgumentException("Two parameters have the same name. Prefix it with the module's name.", nameof(parameters));
        var first = trainable[0].Parameter;
        if (trainable.FirstOrDefault(p =>
            p.Parameter.dtype != first.dtype
                || !string.Equals(p.Parameter.device.ToString(), first.device.ToString(), StringComparison.Ordinal)) is { Parameter: not null } odd)
            throw new ArgumentException(
                $"{odd.Name} is {odd.Parameter.dtype} on {odd.Parameter.device}, but {trainable[0].Name} is {first.dtype} on {first.device}.",
                nameof(parameters));

        var slots = new List<ParameterSlot>(trainable.Length);
        long offset = 0;
        foreach (var (name, parameter) in trainable)
        {
            slots.Add(new ParameterSlot(name, parameter.shape, offset, parameter.numel()));
            offset += (parameter.numel() + Alignment - 1) / Alignment * Alignment;
            if (parameter.dim() >= 2) MatrixLength = offset;
        }

        Slots = slots;
        _parameters = [.. trainable.Select(p => p.Parameter)];
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        Values = zeros(offset, dtype: precise ?? first.dtype, device: first.device).DetachFromDisposeScope();
        _rounded = Values.dtype == first.dtype ? null : zeros(offset, dtype: first.dtype, device: first.device).DetachFromDisposeScope();
        foreach (var (slot, parameter) in Slots.Zip(_parameters))
        {
            slot.View(Values).copy_(parameter);
            var used = slot.View(_rounded ?? Values);
            used.copy_(parameter);
            parameter.set_(used);
        }
    }

    /// <summary>
    /// All parameters one after the other, <c>[Length]</c>. The modules use values written here at once if they have this type, otherwise after
    /// <see cref="Publish"/>.
    /// </summary>
    public Tensor Values { get; }

    /// <summary>Number of elements in a flat buffer, including the gaps between parameters (always 0).</summary>
    public long Length => Values.numel();

    /// <summary>Number of leading elements of a flat buffer that belong to parameters with two or more dimensions.</summary>
    public long MatrixLength { get; }

    /// <summary>Number of trainable values.</summary>
    public long Count => Slots.Sum(s => s.Length);

    /// <summary>Each parameter's slot, in the order of <see cref="Parameters"/>.</summary>
    public IReadOnlyList<ParameterSlot> Slots { get; }

    /// <summary>The modules' parameters.</summary>
    public IReadOnlyList<Parameter> Parameters => _parameters;

    /// <summary>A new flat buffer of zeros that the caller owns, outside of any dispose scope.</summary>
    /// <returns><c>[length]</c>, fp32.</returns>
    public Tensor NewBuffer() => zeros(Length, dtype: Values.dtype, device: Values.device).DetachFromDisposeScope();

    /// <summary>Copies <see cref="Values"/> to the modules; does nothing if they use the buffer directly.</summary>
    public void Publish()
    {
        if (_rounded is null) return;
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        _rounded.copy_(Values);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _rounded?.Dispose();
        Values.Dispose();
    }
}
