using GenAgent.Torch;
using static TorchSharp.torch;

namespace GenAgent.Training.Optimization;

/// <summary>
/// An exponential moving average of the parameters, which usually performs better than the latest parameters. The decay starts lower, <c>(1 + n) / (10 +
/// n)</c> after n updates, so that the initial weights soon lose influence. Not thread-safe.
/// </summary>
public sealed class ExponentialMovingAverage : IDisposable
{
    private readonly FlatParameters _parameters;
    private readonly double _decay;
    private Tensor? _original;

    /// <summary>Starts the average at the parameters' current values.</summary>
    /// <param name="parameters">What is averaged.</param>
    /// <param name="decay">The share of the average that is kept at each update, in [0, 1).</param>
    public ExponentialMovingAverage(FlatParameters parameters, double decay)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentOutOfRangeException.ThrowIfNegative(decay);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(decay, 1);
        _parameters = parameters;
        _decay = decay;
        Values = parameters.Values.clone().detach().DetachFromDisposeScope();
    }

    /// <summary>The average, laid out as the parameters.</summary>
    public Tensor Values { get; }

    /// <summary>Updates so far; set it together with the values when resuming.</summary>
    public long Updates { get; set; }

    /// <summary>Updates the average with the parameters' current values.</summary>
    public void Update()
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        var decay = Math.Min(_decay, (1.0 + Updates) / (10.0 + Updates));
        Updates++;
        Values.TimesInPlace(decay).PlusInPlace(_parameters.Values, 1 - decay);
    }

    /// <summary>Lets the modules use the average until the returned value is disposed, which puts the parameters back bit by bit.</summary>
    /// <returns>What puts the parameters back.</returns>
    /// <exception cref="InvalidOperationException">The average is already in use.</exception>
    public IDisposable Borrow()
    {
        if (_original is not null) throw new InvalidOperationException("The averaged weights are already in use; end that use first.");
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        _original = _parameters.Values.clone().DetachFromDisposeScope();
        _parameters.Values.copy_(Values);
        _parameters.Publish();
        return new Return(this);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _original?.Dispose();
        Values.Dispose();
    }

    private sealed class Return(ExponentialMovingAverage owner) : IDisposable
    {
        public void Dispose()
        {
            if (owner._original is not { } original) return;
            using var frozen = no_grad();
            using var scope = NewDisposeScope();
            owner._parameters.Values.copy_(original);
            owner._parameters.Publish();
            original.Dispose();
            owner._original = null;
        }
    }
}
