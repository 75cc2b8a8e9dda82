using GenAgent.Torch;
using System.Text.RegularExpressions;
using static TorchSharp.torch;

namespace GenAgent.Training.Optimization;

/// <summary>
/// Momentum whose update is made orthogonal, matrix by matrix (Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024;
/// scaled as in Liu et al., "Muon is Scalable for LLM Training", 2025). It consumes the gradient of its matrices and leaves the rest to
/// <see cref="AdamW"/>. A step's result depends only on the values and the momentum. Not thread-safe.
/// </summary>
public sealed class Muon : IDisposable
{
    private static readonly TimeSpan MatchLimit = TimeSpan.FromSeconds(1);

    // The quintic's coefficients, which bring every singular value close enough to 1 in five iterations.
    private static readonly (double A, double B, double C) Quintic = (3.4445, -4.7750, 2.0315);

    private readonly FlatParameters _parameters;
    private readonly MuonOptions _options;
    private readonly ParameterSlot[] _slots;

    /// <summary>Creates the optimizer with a momentum of 0.</summary>
    /// <param name="parameters">What is trained.</param>
    /// <param name="options">How.</param>
    /// <exception cref="InvalidDataException">No matrix has a matching name.</exception>
    public Muon(FlatParameters parameters, MuonOptions options)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(options);
        (_parameters, _options) = (parameters, options);
        _slots = [.. parameters.Slots.Where(slot => slot.Shape.Count == 2 && Matches(options.Match, slot.Name) && !Matches(options.Except, slot.Name))];
        if (_slots.Length == 0)
        {
            throw new InvalidDataException($"muon.match: no matrix's name matches \"{options.Match}\" without matching \"{options.Except}\".");
        }
        Momentum = parameters.NewBuffer();
    }

    /// <summary>Running sum of gradients, laid out as the parameters; 0 outside of this optimizer's matrices.</summary>
    public Tensor Momentum { get; }

    /// <summary>The names of the matrices that this optimizer updates.</summary>
    public IReadOnlyList<string> Names => [.. _slots.Select(slot => slot.Name)];

    /// <summary>Updates the matrices by one step, and sets their part of the gradient to 0.</summary>
    /// <param name="gradient">The gradient, laid out as the parameters.</param>
    /// <param name="learningRate">The rate of this step.</param>
    /// <param name="part">Which share of the matrices to update: index from 0 below <paramref name="parts"/>.</param>
    /// <param name="parts">Number of shares; different threads may update different shares at the same time.</param>
    public void Step(Tensor gradient, double learningRate, int part = 0, int parts = 1)
    {
        ArgumentNullException.ThrowIfNull(gradient);
        using var frozen = no_grad();
        for (var i = part; i < _slots.Length; i += parts)
        {
            using var scope = NewDisposeScope();
            var slot = _slots[i];
            var (fresh, momentum) = (slot.View(gradient), slot.View(Momentum));
            momentum.TimesInPlace(_options.Momentum).PlusInPlace(fresh);
            var update = Orthogonalize(fresh.Plus(momentum, _options.Momentum), _options.Iterations);
            var scale = _options.UpdateScale * Math.Sqrt(slot.Shape.Max());
            slot.View(_parameters.Values).PlusInPlace(update, -learningRate * scale);
            fresh.zero_();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Momentum.Dispose();

    /// <summary>
    /// A matrix <c>[rows, columns]</c> with the singular vectors of the given one and singular values near 1 (0.7 to 1.2); a matrix of zeros stays one.
    /// </summary>
    internal static Tensor Orthogonalize(Tensor matrix, int iterations)
    {
        using var scope = NewDisposeScope();
        var tall = matrix.shape[0] > matrix.shape[1];
        var x = tall ? matrix.t() : matrix;
        x = x / x.norm().Plus(1e-7);
        for (var i = 0; i < iterations; i++)
        {
            var square = x.mm(x.t());
            var polynomial = addmm(square, square, square, (float)Quintic.B, (float)Quintic.C);
            x = addmm(x, polynomial, x, (float)Quintic.A, 1);
        }

        return (tall ? x.t() : x).MoveToOuterDisposeScope();
    }

    private static bool Matches(string pattern, string name) => pattern.Length > 0 && Regex.IsMatch(name, pattern, RegexOptions.CultureInvariant, MatchLimit);
}
