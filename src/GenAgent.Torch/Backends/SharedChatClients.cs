using GenAgent.Torch.Chat;
using GenAgent.Torch.Native;
using Microsoft.Extensions.AI;

namespace GenAgent.Torch.Backends;

/// <summary>
/// The chat models of this process. Clients with the same folder and settings share one model: agent and judge share weights, cache and batches. A model is
/// freed when its last client is disposed. Safe to use from many tasks.
/// </summary>
internal static class SharedChatClients
{
    private static readonly Lock Gate = new();
    private static readonly Dictionary<string, Model> Models = new(StringComparer.Ordinal);

    /// <summary>Returns a client of the model with that key; loads the model if no client uses it.</summary>
    /// <param name="key">Identifies the model: folder and settings.</param>
    /// <param name="load">Loads it, on a thread-pool thread.</param>
    /// <param name="cancellationToken">Ends the wait; a model that nobody waits for any more is freed after loading.</param>
    public static async Task<IChatClient> LeaseAsync(string key, Func<TorchChatClient> load, CancellationToken cancellationToken)
    {
        Model? model;
        lock (Gate)
        {
            if (!Models.TryGetValue(key, out model))
            {
                Models[key] = model = new Model(key, Task.Run(() => Load(load), CancellationToken.None));
            }

            model.Leases++;
        }

        try
        {
            return new Lease(await model.Client.WaitAsync(cancellationToken), model);
        }
        catch
        {
            if (Return(model)) _ = FreeAsync(model.Client);
            throw;
        }
    }

    // Process exit waits until weights have been read.
    private static TorchChatClient Load(Func<TorchChatClient> load)
    {
        using var ended = new ManualResetEventSlim();
        using var work = NativeWork.Enter(static () => { }, ended.Wait);
        try
        {
            return load();
        }
        finally
        {
            ended.Set();
        }
    }

    // True for the last client, which frees the model; a later client loads it again.
    private static bool Return(Model model)
    {
        lock (Gate)
        {
            if (--model.Leases > 0) return false;
            Models.Remove(model.Key);
            return true;
        }
    }

    private static async Task FreeAsync(Task<TorchChatClient> loading)
    {
        await ((Task)loading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (loading.IsCompletedSuccessfully) (await loading).Dispose();
    }

    private sealed class Model(string key, Task<TorchChatClient> client)
    {
        public string Key => key;

        public Task<TorchChatClient> Client => client;

        public int Leases { get; set; }
    }

    private sealed class Lease(TorchChatClient client, Model model) : DelegatingChatClient(client)
    {
        private int _disposed;

#pragma warning disable CA2215 // The base would dispose of what others still use.
        protected override void Dispose(bool disposing)
#pragma warning restore CA2215
        {
            if (disposing && Interlocked.Exchange(ref _disposed, 1) == 0 && Return(model)) client.Dispose();
        }
    }
}
