using System.Data.Common;

namespace GenAgent.Server.Storage;

/// <summary>The server's database over ADO.NET: SQLite or PostgreSQL. Statements are written once, for both. Safe to use from many tasks at once.</summary>
internal sealed class Database : IAsyncDisposable
{
    private readonly DbDataSource _source;

    // SQLite has one writer; those of this process take turns here, and do not wait in its busy loop.
    private readonly SemaphoreSlim? _turn;

    public Database(DbDataSource source, bool isPostgres)
    {
        (_source, IsPostgres) = (source, isPostgres);
        _turn = isPostgres ? null : new(1, 1);
    }

    public bool IsPostgres { get; }

    /// <summary>What locks a selected row, and passes over rows that others have locked.</summary>
    public string SkipLocked => IsPostgres ? "FOR UPDATE SKIP LOCKED" : string.Empty;

    /// <summary>Reads rows.</summary>
    public async Task<List<T>> QueryAsync<T>(
        string sql, Func<DbDataReader, T> read, CancellationToken cancellationToken, params (string Name, object? Value)[] values)
    {
        await using var connection = await _source.OpenConnectionAsync(cancellationToken);
        return await QueryAsync(connection, transaction: null, sql, read, values, cancellationToken);
    }

    /// <summary>Changes rows, all or none: retried by nobody, rolled back on an exception.</summary>
    public async Task<T> WriteAsync<T>(Func<Session, Task<T>> write, CancellationToken cancellationToken)
    {
        if (_turn is not null) await _turn.WaitAsync(cancellationToken);
        try
        {
            await using var connection = await _source.OpenConnectionAsync(cancellationToken);
            await using var transaction = await connection.BeginTransactionAsync(
                IsPostgres ? System.Data.IsolationLevel.ReadCommitted : System.Data.IsolationLevel.Serializable, cancellationToken);
            var result = await write(new Session(connection, transaction, cancellationToken));

            // From here on the outcome is decided: a cancellation would leave it unknown.
            await transaction.CommitAsync(CancellationToken.None);
            return result;
        }
        finally
        {
            _turn?.Release();
        }
    }

    public ValueTask DisposeAsync()
    {
        _turn?.Dispose();
        return _source.DisposeAsync();
    }

    private static async Task<List<T>> QueryAsync<T>(
        DbConnection connection, DbTransaction? transaction, string sql, Func<DbDataReader, T> read, (string Name, object? Value)[] values,
        CancellationToken cancellationToken)
    {
        await using var command = CommandOf(connection, transaction, sql, values);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellationToken)) rows.Add(read(reader));
        return rows;
    }

    private static DbCommand CommandOf(DbConnection connection, DbTransaction? transaction, string sql, (string Name, object? Value)[] values)
    {
        var command = connection.CreateCommand();
        (command.CommandText, command.Transaction) = (sql, transaction);
        foreach (var (name, value) in values)
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = (name, value ?? DBNull.Value);
            command.Parameters.Add(parameter);
        }

        return command;
    }

    /// <summary>A transaction under way. Belongs to one task.</summary>
    internal sealed class Session(DbConnection connection, DbTransaction transaction, CancellationToken cancellationToken)
    {
        public Task<List<T>> QueryAsync<T>(string sql, Func<DbDataReader, T> read, params (string Name, object? Value)[] values) =>
            Database.QueryAsync(connection, transaction, sql, read, values, cancellationToken);

        /// <summary>Changes rows.</summary>
        /// <returns>How many.</returns>
        public async Task<int> ExecuteAsync(string sql, params (string Name, object? Value)[] values)
        {
            await using var command = CommandOf(connection, transaction, sql, values);
            return await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }
}
