namespace GenAgent.Running;

/// <summary>One of the tasks of a run: a prompt of a file, an index of a data set, an image of a benchmark, a rollout of a training step. Immutable.</summary>
public interface IRunTask
{
    /// <summary>What the task is known by: unique in its run and the same in every process, so that a resumed run finds the outcome again.</summary>
    string Key { get; }
}
