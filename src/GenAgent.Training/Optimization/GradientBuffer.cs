using GenAgent.Torch;
using static TorchSharp.torch;

namespace GenAgent.Training.Optimization;

/// <summary>
/// One worker's gradient of all parameters, flat. Gradients are computed without the parameters' <c>grad</c>, so several workers may differentiate the same
/// modules at once, each with its own buffer. Owned by one thread at a time.
/// </summary>
public sealed class GradientBuffer : IDisposable
{
    private readonly FlatParameters _parameters;
    private readonly Tensor[] _inputs;
    private readonly Tensor[] _views;

    /// <summary>Makes a buffer of zeros.</summary>
    /// <param name="parameters">Whose gradients it holds.</param>
    public GradientBuffer(FlatParameters parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        _parameters = parameters;
        _inputs = [.. parameters.Parameters];
        Values = parameters.NewBuffer();
        _views = [.. parameters.Slots.Select(slot => slot.View(Values).DetachFromDisposeScope())];
    }

    /// <summary>The gradient, laid out as <see cref="FlatParameters.Values"/>.</summary>
    public Tensor Values { get; }

    /// <summary>Sets the gradient to 0.</summary>
    public void Clear()
    {
        using var scope = NewDisposeScope();
        Values.zero_();
    }

    /// <summary>Adds the gradient of a scalar <paramref name="loss"/>; parameters that it does not depend on are skipped.</summary>
    /// <param name="loss">A scalar.</param>
    public void Accumulate(Tensor loss)
    {
        ArgumentNullException.ThrowIfNull(loss);
        using var scope = NewDisposeScope();
        var gradients = autograd.grad([loss], _inputs, allow_unused: true);
        using var frozen = no_grad();
        for (var i = 0; i < _views.Length; i++)
        {
            if (gradients[i] is { IsInvalid: false } gradient) _views[i].PlusInPlace(gradient);
        }
    }

    /// <summary>
    /// Adds the gradient of a scalar <paramref name="loss"/> through the parameters' <c>grad</c>, where functions that are recomputed in the backward pass
    /// (activation checkpointing) accumulate it. Only one thread may differentiate the modules meanwhile.
    /// </summary>
    /// <param name="loss">A scalar.</param>
    public void AccumulateBackward(Tensor loss)
    {
        ArgumentNullException.ThrowIfNull(loss);
        using var scope = NewDisposeScope();
        loss.backward();
        using var frozen = no_grad();
        for (var i = 0; i < _views.Length; i++)
        {
            if (_inputs[i].grad is not { IsInvalid: false } gradient) continue;
            _views[i].PlusInPlace(gradient);
            _inputs[i].grad = null;
        }
    }

    /// <summary>One parameter's gradient, in its shape; a view that belongs to this buffer.</summary>
    /// <exception cref="KeyNotFoundException">There is no such parameter.</exception>
    public Tensor this[string name]
    {
        get
        {
            for (var i = 0; i < _views.Length; i++)
            {
                if (string.Equals(_parameters.Slots[i].Name, name, StringComparison.Ordinal)) return _views[i];
            }

            throw new KeyNotFoundException($"There is no trainable parameter \"{name}\".");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var view in _views) view.Dispose();
        Values.Dispose();
    }
}
