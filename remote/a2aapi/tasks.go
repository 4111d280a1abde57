package a2aapi

import (
	"context"

	"github.com/a2aproject/a2a-go/v2/a2a"
	"github.com/a2aproject/a2a-go/v2/a2asrv/taskstore"
)

// noTasks is the store of a server whose answers are messages: nobody has a task, and none is kept.
type noTasks struct{}

// Create refuses: nothing here makes a task.
func (noTasks) Create(context.Context, *a2a.Task) (taskstore.TaskVersion, error) {
	return taskstore.TaskVersionMissing, a2a.ErrUnsupportedOperation
}

// Update finds nothing to change.
func (noTasks) Update(context.Context, *taskstore.UpdateRequest) (taskstore.TaskVersion, error) {
	return taskstore.TaskVersionMissing, a2a.ErrTaskNotFound
}

// Get finds nothing.
func (noTasks) Get(context.Context, a2a.TaskID) (*taskstore.StoredTask, error) {
	return nil, a2a.ErrTaskNotFound
}

// List checks the request as the specification asks (A2A 1.0, section 3.1.4), and answers with an empty page.
func (noTasks) List(_ context.Context, r *a2a.ListTasksRequest) (*a2a.ListTasksResponse, error) {
	const most, usual = 100, 50
	size := r.PageSize
	if size == 0 {
		size = usual
	}
	switch {
	case size < 1 || size > most:
		return nil, a2a.NewError(a2a.ErrInvalidParams, "pageSize is from 1 to 100.")
	case r.HistoryLength != nil && *r.HistoryLength < 0:
		return nil, a2a.NewError(a2a.ErrInvalidParams, "historyLength is not below 0.")
	case !known(r.Status):
		return nil, a2a.NewError(a2a.ErrInvalidParams, "status is no state of a task.")
	case r.PageToken != "":
		return nil, a2a.NewError(a2a.ErrInvalidParams, "pageToken is of no page: there are no tasks.")
	}
	return &a2a.ListTasksResponse{Tasks: []*a2a.Task{}, PageSize: size}, nil
}

// known reports whether a state of tasks is one of the protocol's, or absent.
func known(s a2a.TaskState) bool {
	switch s {
	case a2a.TaskStateUnspecified, a2a.TaskStateSubmitted, a2a.TaskStateWorking, a2a.TaskStateCompleted, a2a.TaskStateFailed,
		a2a.TaskStateCanceled, a2a.TaskStateInputRequired, a2a.TaskStateRejected, a2a.TaskStateAuthRequired:
		return true
	}
	return false
}
