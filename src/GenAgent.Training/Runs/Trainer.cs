using GenAgent.Training.Optimization;

namespace GenAgent.Training.Runs;

/// <summary>
/// What every trainer is: something that learns, a plan of each step, and a model that is written at the end. Used by one thread; a trainer starts its own
/// workers. Disposing of a trainer that runs stops it after the present step, with a checkpoint.
/// </summary>
/// <typeparam name="TEvaluation">What evaluates the model periodically.</typeparam>
public abstract class Trainer<TEvaluation> : IDisposable
    where TEvaluation : class
{
    private readonly RunGate _gate = new();

    private protected Trainer(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        Folder = folder;
    }

    /// <summary>Trainable values.</summary>
    public long ParameterCount => Parameters.Count;

    /// <summary>The run's folder: checkpoints, log, and the model.</summary>
    private protected string Folder { get; }

    /// <summary>What learns.</summary>
    private protected abstract FlatParameters Parameters { get; }

    /// <summary>Trains to the end or until cancelled, then (when finished) writes the model with the averaged weights.</summary>
    /// <param name="resume">True resumes from the newest whole checkpoint.</param>
    /// <param name="evaluation">Evaluates the model periodically; null for never.</param>
    /// <param name="progress">Told of every step.</param>
    /// <param name="notice">Told of what a user should know.</param>
    /// <param name="cancellationToken">Stops after the present step, with a checkpoint.</param>
    /// <returns>How far training came.</returns>
    /// <exception cref="TrainingDivergedException">The loss is not finite again and again.</exception>
    /// <exception cref="ResumeMismatchException">The folder's checkpoint belongs to another recipe.</exception>
    /// <exception cref="InvalidDataException">What it is trained on cannot be used; the message says why.</exception>
    /// <exception cref="InvalidOperationException">The folder holds a run already, which is not to be resumed.</exception>
    public TrainingOutcome Run(
        bool resume = false,
        TEvaluation? evaluation = null,
        IProgress<TrainingProgress>? progress = null,
        Action<string>? notice = null,
        CancellationToken cancellationToken = default) =>
        _gate.Run(stop => Train(resume, evaluation, progress, notice, stop), cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        _gate.Dispose();
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what the trainer holds; no run is under way.</summary>
    /// <param name="disposing">Always true: there is no finalizer.</param>
    protected abstract void Dispose(bool disposing);

    /// <summary>Length, batch, optimizer of the run, and what it is made of; who is told of it is added here.</summary>
    private protected abstract (TrainingOptions Options, TrainingParts Parts) Prepare(
        TEvaluation? evaluation, Action<string>? notice, CancellationToken cancellationToken);

    /// <summary>Writes the model with the weights that are in place.</summary>
    private protected abstract void Export();

    /// <summary>Takes the steps.</summary>
    private protected virtual TrainingOutcome Execute(TrainingRun run, bool resume, CancellationToken cancellationToken) =>
        run.Execute(resume, cancellationToken);

    private TrainingOutcome Train(
        bool resume, TEvaluation? evaluation, IProgress<TrainingProgress>? progress, Action<string>? notice, CancellationToken cancellationToken)
    {
        var (options, parts) = Prepare(evaluation, notice, cancellationToken);
        using var run = new TrainingRun(options, parts with { Progress = progress, Notice = notice });
        var outcome = Execute(run, resume, cancellationToken);
        if (!outcome.Finished) return outcome;
        using (run.BorrowAverage()) Export();
        return outcome;
    }
}
