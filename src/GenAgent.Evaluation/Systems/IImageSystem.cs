using GenAgent.Evaluation.Benchmarks;
using GenAgent.Seeds;

namespace GenAgent.Evaluation.Systems;

/// <summary>
/// What is evaluated: something that turns a prompt into an image. It is given the prompt's words and the seed; only a system that stands in for
/// a perfect one looks at the rest of the task. Implementations are safe to call from many tasks at once.
/// </summary>
public interface IImageSystem
{
    /// <summary>What stands in reports, as <c>micro</c> or <c>micro, oracle prompts</c>.</summary>
    string Name { get; }

    /// <summary>The most images that a generator is asked for to make one: what a budget must have left.</summary>
    int MostImages => 1;

    /// <summary>Whether it keeps what it makes by itself, with more than the image: nobody else does then.</summary>
    bool KeepsItself => false;

    /// <summary>The same system, which keeps nothing: for making what another process keeps.</summary>
    IImageSystem Bare => this;

    /// <summary>Whether this image is kept already, so that making it costs nothing.</summary>
    /// <param name="task">The prompt.</param>
    /// <param name="index">Which of the prompt's images, from 0.</param>
    /// <returns>True if it is kept.</returns>
    bool Has(BenchmarkTask task, int index) => false;

    /// <summary>Makes one image.</summary>
    /// <param name="task">The prompt.</param>
    /// <param name="index">Which image of the prompt, from 0.</param>
    /// <param name="seed">Where all randomness comes from.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The image, or why there is none.</returns>
    /// <exception cref="Models.BackendException">The backend failed for a reason that has nothing to do with the prompt.</exception>
    Task<SystemOutcome> MakeAsync(BenchmarkTask task, int index, SeedPath seed, CancellationToken cancellationToken = default);

    /// <summary>Keeps what another process made, as if this system had made it.</summary>
    /// <param name="task">The prompt.</param>
    /// <param name="index">Which image of the prompt, from 0.</param>
    /// <param name="made">What was made.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The same, with the places where it is kept.</returns>
    /// <exception cref="IOException">It could not be kept.</exception>
    Task<SystemOutcome> TakeAsync(BenchmarkTask task, int index, SystemOutcome made, CancellationToken cancellationToken = default) => Task.FromResult(made);
}
