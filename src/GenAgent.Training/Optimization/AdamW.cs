using GenAgent.Torch;
using static TorchSharp.torch;

namespace GenAgent.Training.Optimization;

/// <summary>
/// AdamW over one flat buffer of parameters. A step's result depends only on the values, the moments and the step count, which can all be read and set, so
/// a resumed run continues bit for bit. Not thread-safe.
/// </summary>
/// <remarks>In float64 it agrees with PyTorch's <c>torch.optim.AdamW</c> to rounding.</remarks>
public sealed class AdamW : IDisposable
{
    private readonly FlatParameters _parameters;
    private readonly AdamWOptions _options;

    /// <summary>Creates the optimizer with moments of 0.</summary>
    /// <param name="parameters">What is trained.</param>
    /// <param name="options">How.</param>
    public AdamW(FlatParameters parameters, AdamWOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        _parameters = parameters;
        _options = options ?? new();
        FirstMoment = parameters.NewBuffer();
        SecondMoment = parameters.NewBuffer();
    }

    /// <summary>Running mean of the gradient (PyTorch's <c>exp_avg</c>), laid out as the parameters.</summary>
    public Tensor FirstMoment { get; }

    /// <summary>Running mean of the squared gradient (PyTorch's <c>exp_avg_sq</c>).</summary>
    public Tensor SecondMoment { get; }

    /// <summary>Steps taken so far; set it together with the moments when resuming.</summary>
    public long Steps { get; set; }

    /// <summary>Updates the parameters by one step.</summary>
    /// <param name="gradient">The gradient, laid out as the parameters; not changed.</param>
    /// <param name="learningRate">The rate of this step.</param>
    public void Step(Tensor gradient, double learningRate)
    {
        ArgumentNullException.ThrowIfNull(gradient);
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        Steps++;
        if (_options.WeightDecay > 0)
        {
            var decayed = _options.DecayMatricesOnly ? _parameters.Values.narrow(0, 0, _parameters.MatrixLength) : _parameters.Values;
            decayed.TimesInPlace(1 - (learningRate * _options.WeightDecay));
        }

        FirstMoment.TimesInPlace(_options.Beta1).PlusInPlace(gradient, 1 - _options.Beta1);
        SecondMoment.TimesInPlace(_options.Beta2).PlusProductInPlace(gradient, gradient, 1 - _options.Beta2);
        var meanCorrection = 1 - Math.Pow(_options.Beta1, Steps);
        var squareCorrection = 1 - Math.Pow(_options.Beta2, Steps);
        var scale = SecondMoment.sqrt().OverInPlace(Math.Sqrt(squareCorrection)).PlusInPlace(_options.Epsilon);
        _parameters.Values.PlusQuotientInPlace(FirstMoment, scale, -learningRate / meanCorrection);
        _parameters.Publish();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        FirstMoment.Dispose();
        SecondMoment.Dispose();
    }
}
